import { describe, expect, it } from 'vitest';
import { chooseMirror, mmdebstrapDefault, parseIndexTargets } from '../../../builder/host/mirror.ts';
import { fileTree } from '../../helpers/file-tree.ts';

describe('parseIndexTargets', () => {
  it("finds the archive and the security archive among a host's sources", () => {
    const text = [
      'Docker|Docker CE|stable|https://docker.example.org/linux/debian/',
      'Debian|Debian|contrib|http://contrib.example.org/debian/',
      'Debian|Debian|main|http://archive.example.org/debian/',
      'Debian|Debian|main|http://second.example.org/debian/',
      'Debian Backports|Debian Backports|main|http://backports.example.org/debian/',
      'Debian|Debian-Security|main|http://security.example.org/debian-security/',
      '',
    ].join('\n');

    expect(parseIndexTargets(text)).toEqual({
      main: 'http://archive.example.org/debian',
      security: 'http://security.example.org/debian-security',
    });
  });

  it('finds nothing where there is nothing', () => {
    expect(parseIndexTargets('')).toEqual({});
    expect(
      parseIndexTargets('Ubuntu|Ubuntu|main|http://archive.example.org/ubuntu/\nDebian|Debian|main\n'),
    ).toEqual({});
  });
});

describe('mmdebstrapDefault', () => {
  it('reads what mmdebstrap has built in', async () => {
    const folder = await fileTree({
      mmdebstrap: [
        '#!/usr/bin/perl',
        "    my $mirror    = 'http://archive.example.org/debian';",
        "    my $secmirror = 'http://security.example.org/debian-security/';",
        "    my $portsmirror = 'http://ports.example.org/debian-ports';",
      ].join('\n'),
    });

    expect(await mmdebstrapDefault(`${folder}/mmdebstrap`)).toEqual({
      main: 'http://archive.example.org/debian',
      security: 'http://security.example.org/debian-security',
    });
  });

  it('is empty without mmdebstrap', async () => {
    expect(await mmdebstrapDefault('/nowhere/mmdebstrap')).toEqual({ main: '', security: '' });
  });
});

describe('chooseMirror', () => {
  const own = { main: 'http://own.example.org/debian', security: 'http://own.example.org/security' };
  const builtIn = {
    main: 'http://built-in.example.org/debian',
    security: 'http://built-in.example.org/security',
  };
  const mirror = 'http://config.example.org/debian/';
  const securityMirror = 'http://config.example.org/security//';

  it.each([
    [{ mirror, securityMirror }, undefined, 'config', 'config', 'config.yaml'],
    [{ mirror }, undefined, 'config', 'built-in', 'config.yaml'],
    [{ securityMirror }, own, 'own', 'config', "this host's apt"],
    [{ securityMirror }, undefined, 'built-in', 'config', "mmdebstrap's default"],
    [{}, own, 'own', 'own', "this host's apt"],
    [{}, { main: own.main }, 'own', 'built-in', "this host's apt"],
    [{}, undefined, 'built-in', 'built-in', "mmdebstrap's default"],
  ])('of config %j and host %j: main %s, security %s', (configured, host, ...expected) => {
    const [main, security, source] = expected;

    expect(chooseMirror(configured, host, builtIn)).toEqual({
      main: `http://${main}.example.org/debian`,
      security: `http://${security}.example.org/security`,
      source,
    });
  });
});
