import { understudyProgram } from '../understudies/program.ts';
import type { SampleImage, TarFile } from './sample-images.ts';

/** A release of the understudy of Mastodon. */
export interface UnderstudyRelease {
  /** `v4.7.4` */
  readonly version: string;
  /** Migrations that old and new version can live with, by their versions; all of this release and earlier ones. */
  readonly before?: readonly string[];
  /** Those after which an older release does not work any more. */
  readonly after?: readonly string[];
  /** Migrations of newer releases that this one can live with. */
  readonly tolerates?: readonly string[];
  /** The migration that fails. */
  readonly fails?: string;
  /** How long each migration takes, so that a power cut meets it; default 0. */
  readonly slowMs?: number;
}

/** The two container images of Mastodon, with its understudy in them. */
export interface MastodonImages {
  readonly web: SampleImage;
  readonly streaming: SampleImage;
}

/** The release that artifacts.lock.yaml names, and one that comes after it. */
export const firstRelease: UnderstudyRelease = {
  version: 'v4.7.4',
  before: ['20260801000000'],
  after: ['20260802000000'],
  tolerates: ['20261101000000'],
};
export const nextRelease: UnderstudyRelease = {
  version: 'v4.7.5',
  before: ['20260801000000', '20261101000000'],
  after: ['20260802000000', '20261102000000'],
};

const folder = 'opt/mastodon';

/** Makes the images of a release; the same bytes each time. */
export async function mastodonImages(release: UnderstudyRelease = firstRelease): Promise<MastodonImages> {
  const program = Buffer.from(await understudyProgram('mastodon'));
  const { version, before = [], after = [], tolerates = [], fails, slowMs = 0 } = release;
  const about = JSON.stringify({
    version: version.replace(/^v/, ''),
    before,
    after,
    tolerates,
    fails,
    slowMs,
  });
  const shared: readonly TarFile[] = [
    { name: `${folder}/understudy/release.json`, content: about },
    script('understudy/bin/tini', 'shift\nexec "$@"'),
  ];
  return {
    web: {
      names: [`ghcr.io/mastodon/mastodon:${version}`],
      layers: [[...shared, ...webFiles(program)]],
      config: {
        ...configOf(['bundle', 'exec', 'puma', '-C', 'config/puma.rb']),
        Env: [
          ...environment,
          'RAILS_ENV=production',
          'RAILS_SERVE_STATIC_FILES=true',
          'RUBY_YJIT_ENABLE=1',
          'MASTODON_SIDEKIQ_READY_FILENAME=sidekiq_process_has_started_and_will_begin_processing_jobs',
        ],
      },
    },
    streaming: {
      names: [`ghcr.io/mastodon/mastodon-streaming:${version}`],
      layers: [[...shared, { name: `${folder}/streaming/index.js`, content: program }]],
      config: { ...configOf(['node', './streaming/index.js']), Env: environment },
    },
  };
}

const environment = [
  `PATH=/${folder}/understudy/bin:/${folder}/bin:/usr/local/bin:/usr/bin:/bin`,
  'NODE_ENV=production',
  'BIND=0.0.0.0',
  'TZ=Etc/UTC',
];

function configOf(command: readonly string[]) {
  return {
    User: '991:991',
    WorkingDir: `/${folder}`,
    Entrypoint: [`/${folder}/understudy/bin/tini`, '--'],
    Cmd: command,
  };
}

function webFiles(program: Buffer): readonly TarFile[] {
  const call = (name: string) => `exec node /${folder}/understudy/mastodon.cjs ${name} "$@"`;
  return [
    { name: `${folder}/understudy/mastodon.cjs`, content: program },
    { name: `${folder}/tmp/cache/bootsnap`, content: 'compiled beforehand' },
    { name: `${folder}/public/system/.keep`, content: '' },
    script('understudy/bin/bundle', call('bundle')),
    script('bin/rails', call('rails')),
    script('bin/tootctl', call('tootctl')),
  ];
}

function script(name: string, line: string): TarFile {
  return { name: `${folder}/${name}`, content: `#!/bin/sh\n${line}\n`, mode: 0o755 };
}
