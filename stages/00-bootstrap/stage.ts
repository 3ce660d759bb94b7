import { defineStage } from '../../builder/stage/define.ts';

export const stage = defineStage({
  summary: 'Debian arm64 from signed packages: init system, package manager, locale and time zone data',
  reads: ['debian.suite'],
  overlays: ['lean'],
  checks: [
    {
      what: 'the system runs in full, with no failed unit',
      command: 'test -z "$(systemctl --failed --no-legend --plain)"',
    },
    { what: 'every package is configured', command: 'test -z "$(dpkg --audit)"' },
    {
      what: 'apt sources name signed archives only',
      command:
        'test ! -e /etc/apt/sources.list && grep -q ^Signed-By: /etc/apt/sources.list.d/debian.sources',
    },
  ],
});
