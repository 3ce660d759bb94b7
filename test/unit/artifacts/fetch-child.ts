import { fetchArtifacts } from '../../../builder/artifacts/fetch.ts';

/** Fetches one artifact into a store: CACHE ARTIFACT-AS-JSON. Made to be killed by a test. */
const [, , cacheDir = '', artifact = ''] = process.argv;
await fetchArtifacts([JSON.parse(artifact)], {
  ...{ cacheDir, mirrors: [], isOffline: false, retryDelayMs: 1 },
  aptOptions: ['Acquire::http::Proxy "DIRECT";'],
});
