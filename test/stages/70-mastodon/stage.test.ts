import { describe, expect, it } from 'vitest';
import { loadStage, renderTemplates } from '../stage-tree.ts';

async function settings(answers: object): Promise<unknown> {
  const stage = await loadStage('70-mastodon');
  const files = await renderTemplates('70-mastodon', { mastodon: stage.config?.schema.parse(answers) });
  return JSON.parse(files.get('/usr/lib/hearth/mastodon.json') ?? '');
}

describe('the settings of the image', () => {
  it('name a public resolver, and nobody who plays the Internet', async () => {
    expect(await settings({})).toEqual({
      profile: 'auto',
      resolver: 'https://cloudflare-dns.com/dns-query',
    });
  });

  it('come from config.yaml', async () => {
    const own = {
      profile: 'seven',
      resolver: 'http://10.0.2.2:8053/dns-query',
      edge: 'http://10.0.2.2:8080',
      files: 'http://10.0.2.2:9000',
    };

    expect(await settings(own)).toEqual(own);
  });

  it.each([{ profile: 'eight' }, { edge: 'http://10.0.2.2/path' }, { resolver: 'cloudflare' }, { other: 1 }])(
    'refuse %j',
    async (answers) => {
      await expect(settings(answers)).rejects.toThrow();
    },
  );
});

describe('the container images', () => {
  it('become archives whose names change with their content, behind those of k3s', async () => {
    const { artifacts } = await loadStage('70-mastodon');

    expect(artifacts?.map(({ name }) => name)).toEqual(['mastodon', 'mastodon-streaming']);
    for (const { path } of artifacts ?? []) {
      expect(path).toMatch(/^\/var\/lib\/rancher\/k3s\/agent\/images\/70-mastodon.*-@DIGEST@\.tar\.zst$/);
    }
  });
});
