import type { Artifact } from '../artifact.ts';
import { githubFile } from '../upstream.ts';
import { aptResolver } from './apt-repository.ts';
import { githubResolver } from './github.ts';
import { k3sResolver } from './k3s.ts';
import { registryResolver } from './registry.ts';
import type { ResolveContext, Resolver } from './resolver.ts';

/** How to ask the maker of this artifact; undefined for a file at an address that no maker's list is known for. */
export function resolverFor(artifact: Artifact, context: ResolveContext): Resolver | undefined {
  switch (artifact.kind) {
    case 'apt-package':
      return aptResolver(artifact, context);
    case 'container-image':
    case 'unpinned-image':
      return registryResolver(artifact, context);
    case 'file': {
      const file = githubFile(artifact.url);
      if (!file || !artifact.url.startsWith(`${context.makers.github}/`)) return undefined;
      return file.repository === 'k3s-io/k3s'
        ? k3sResolver(artifact, file, context)
        : githubResolver(artifact, file, context);
    }
  }
}
