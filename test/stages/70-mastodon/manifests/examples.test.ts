import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { ManifestObject } from '../../../../stages/70-mastodon/setup/manifests/objects.ts';
import { problemsOf } from './strict-schema.ts';

const folder = path.resolve(import.meta.dirname, '../../../../docs/examples');

async function objectsOf(file: string): Promise<readonly ManifestObject[]> {
  const documents = parseAllDocuments(await readFile(path.join(folder, file), 'utf8'));
  if (!Array.isArray(documents)) return [];
  return documents.map((document) => document.toJS() as ManifestObject);
}

describe.each([
  ['mastodon-4gb.yaml', ['sidekiq-all']],
  ['mastodon-8gb.yaml', ['sidekiq-main', 'sidekiq-ingress', 'sidekiq-pull']],
  [
    'mastodon-16gb.yaml',
    ['default', 'push', 'ingress', 'mailers', 'pull', 'scheduler', 'fasp'].map((queue) => `sidekiq-${queue}`),
  ],
])('docs/examples/%s', (file, sidekiqs) => {
  it('is what the API of the cluster takes', async () => {
    expect((await objectsOf(file)).flatMap(problemsOf)).toEqual([]);
  });

  it('has web, streaming and the Sidekiqs of its size', async () => {
    const deployments = (await objectsOf(file)).filter(({ kind }) => kind === 'Deployment');

    expect(deployments.map(({ metadata }) => metadata?.name)).toEqual(['web', 'streaming', ...sidekiqs]);
  });

  it('has no secret', async () => {
    const secrets = (await objectsOf(file)).filter((object) => object.kind === 'Secret');

    expect(secrets).toHaveLength(2);
    for (const { data } of secrets) {
      for (const value of Object.values(data ?? {})) {
        expect(Buffer.from(value, 'base64').toString()).toBe('made-on-the-device');
      }
    }
  });
});
