import type { TextFetcher } from '../../host/fetch-text.ts';
import type { ProcessResult } from '../../host/process.ts';
import type { Artifact } from '../artifact.ts';
import { isLoopbackRegistry } from '../image-reference.ts';

/** Asks the maker of one artifact. Both throw ERR_DOWNLOAD that says from where and why. */
export interface Resolver {
  /** The version that the maker recommends now. */
  newestVersion(): Promise<string>;
  /** The artifact as the maker publishes this version; all else is that of the lock. */
  pin(version: string): Promise<Artifact>;
}

/** Where the makers are. */
export interface Makers {
  /** Without a slash at the end, as all of these. */
  readonly github: string;
  readonly githubApi: string;
  /** JSON list of k3s's channels. */
  readonly k3sChannels: string;
  /** The address of a registry by the name that references have. */
  readonly registry: (name: string) => string;
}

/** Runs a program that checks signatures; it may write to the folder and needs no network. */
export type RunVerifier = (command: readonly string[], folder: string) => Promise<ProcessResult>;

export interface ResolveContext {
  readonly fetcher: TextFetcher;
  readonly makers: Makers;
  readonly runVerifier: RunVerifier;
}

/** The real ones. */
export const publicMakers: Makers = {
  github: 'https://github.com',
  githubApi: 'https://api.github.com',
  k3sChannels: 'https://update.k3s.io/v1-release/channels',
  registry: (name) => {
    // Docker's name for its registry is none of its server.
    if (name === 'docker.io') return 'https://registry-1.docker.io';
    const isLoopback = isLoopbackRegistry({ registry: name, repository: '', tag: '' });
    return `${isLoopback ? 'http' : 'https'}://${name}`;
  },
};
