import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { loadStage, renderTemplates, StageTree } from './stage-tree.ts';

describe('00-bootstrap', () => {
  it('asks for the configured suite', async () => {
    await using tree = await StageTree.create({});

    const calls = await tree.run('00-bootstrap/prerun.sh', { RELEASE: 'trixie' });

    expect(calls).toEqual([`bootstrap trixie ${tree.path}`]);
  });

  it('leaves a tree that is already there alone', async () => {
    await using tree = await StageTree.create({ 'etc/debian_version': '13.1\n' });

    expect(await tree.run('00-bootstrap/prerun.sh', { RELEASE: 'trixie' })).toEqual([]);
  });

  it('names only archives whose signatures are checked', async () => {
    const sources =
      (await renderTemplates('00-bootstrap')).get('/etc/apt/sources.list.d/debian.sources') ?? '';
    const paragraphs = sources.split('\n\n');

    expect(paragraphs).toHaveLength(2);
    for (const paragraph of paragraphs)
      expect(paragraph).toMatch(/^Signed-By: \/usr\/share\/keyrings\/debian-/m);
    expect(sources).toMatch(/^Suites: trixie trixie-updates trixie-backports$/m);
    expect(sources).toMatch(/^Suites: trixie-security$/m);
  });

  it('follows another suite', async () => {
    const sources = await renderTemplates('00-bootstrap', { debian: { suite: 'forky' } });

    expect([...sources.values()].join()).not.toContain('trixie');
  });

  it('keeps nothing of the machine that builds', async () => {
    await using tree = await StageTree.create({
      'etc/apt/sources.list': 'deb http://mirror.example.org trixie main\n',
      'etc/apt/apt.conf.d/': '',
      'etc/hostname': 'build-host\n',
      'usr/share/doc/bash/copyright': 'licence\n',
      'usr/share/doc/bash/changelog.gz': 'history\n',
      'usr/share/doc/empty/README': 'text\n',
      'usr/share/man/man1/bash.1.gz': 'manual\n',
      'usr/share/info/bash.info': 'manual\n',
      'usr/share/locale/de/LC_MESSAGES/bash.mo': 'texts\n',
      'usr/share/locale/locale.alias': 'names\n',
      'etc/apt/sources.list.d/debian.sources': 'URIs: @DEBIAN_MIRROR@\nURIs: @DEBIAN_SECURITY_MIRROR@\n',
    });

    await tree.run('00-bootstrap/00-run.sh', {
      DEBIAN_MIRROR: 'http://archive.example.org/debian',
      DEBIAN_SECURITY_MIRROR: 'http://security.example.org/debian-security',
    });

    const left = [
      'etc/hostname',
      'etc/apt/sources.list',
      'usr/share/doc/bash/changelog.gz',
      'usr/share/doc/empty',
    ];
    expect(left.filter((path) => existsSync(`${tree.path}/${path}`))).toEqual([]);
    expect(existsSync(`${tree.path}/usr/share/man/man1`)).toBe(false);
    expect(existsSync(`${tree.path}/usr/share/locale/de`)).toBe(false);
    expect(await tree.read('usr/share/locale/locale.alias')).toBe('names\n');
    expect(await tree.read('etc/apt/sources.list.d/debian.sources')).toBe(
      'URIs: http://archive.example.org/debian\nURIs: http://security.example.org/debian-security\n',
    );
    expect(await tree.read('usr/share/doc/bash/copyright')).toBe('licence\n');
  });

  it('reads no key but the suite, so nothing else rebuilds everything', async () => {
    expect((await loadStage('00-bootstrap')).reads).toEqual(['debian.suite']);
  });
});
