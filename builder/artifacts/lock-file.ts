import { readFile } from 'node:fs/promises';
import { Document, isMap, type Node } from 'yaml';
import type { z } from 'zod';
import { type ConfigSource, configError, type Diagnostic } from '../config/diagnostics.ts';
import type { Finding } from '../config/finding.ts';
import { wordIssues } from '../config/issue-wording.ts';
import { parseYaml } from '../config/parse-yaml.ts';
import { HearthError } from '../errors/hearth-error.ts';
import { messageOf } from '../errors/message-of.ts';
import { writeFileAtomically } from '../host/workspace.ts';
import type { Artifact, PackageFile } from './artifact.ts';
import { type LockEntry, lockProblems, lockSchema } from './lock-schema.ts';

/** Its name, at the root of the project. */
export const artifactLockName = 'artifacts.lock.yaml';

/** What others publish, pinned; in the order of the file. */
export interface ArtifactLock {
  readonly artifacts: readonly Artifact[];
}

/** Reads the lock. Throws ERR_LOCK_INVALID that shows every problem with line and column. */
export async function readArtifactLock(path: string): Promise<ArtifactLock> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new HearthError('ERR_LOCK_INVALID', {
      what: `The lock ${path} can not be read.`,
      why: messageOf(error),
      todo: 'It belongs to the project: take it from there (`git checkout artifacts.lock.yaml`).',
      state: 'Nothing was built.',
      cause: error,
    });
  });
  return parseArtifactLock({ file: path, text });
}

/** Reads the text of a lock. Throws ERR_LOCK_INVALID as {@link readArtifactLock}. */
export function parseArtifactLock(source: ConfigSource): ArtifactLock {
  const parsed = parseYaml(source.text);
  const diagnostics: Diagnostic[] = parsed.diagnostics.filter(({ severity }) => severity === 'error');
  const result = lockSchema.safeParse(parsed.data ?? null);
  const findings = lockProblems(parsed.data);
  if (result.success && diagnostics.length === 0 && findings.length === 0) {
    const entries = Object.entries(result.data.artifacts);
    return { artifacts: entries.map(([name, entry]) => artifactOf(name, entry)) };
  }
  // Without data the YAML itself is broken, and that is said already.
  if (parsed.data !== undefined || diagnostics.length === 0) {
    const issues = result.success ? [] : result.error.issues;
    const seen = { data: parsed.data, nodeAt: parsed.sourceMap.nodeAt };
    for (const finding of [...wordIssues(issues, seen), ...unknownKeys(issues), ...findings]) {
      const { path, anchor, message, help } = finding;
      const range = parsed.sourceMap.locate(path, anchor);
      diagnostics.push({ severity: 'error', path, message, help, range });
    }
  }
  const shown = configError(diagnostics, source);
  throw new HearthError('ERR_LOCK_INVALID', {
    what: `${source.file} is not a lock of artifacts.`,
    ...(shown.details === undefined ? {} : { details: shown.details }),
    todo: 'Take the file as `scripts/hearth lock` wrote it (`git checkout artifacts.lock.yaml`), or correct the lines above.',
    state: 'Nothing was built.',
  });
}

/** The text of a lock, in the order of the artifacts; each key has its own line, so that a diff tells what changed. */
export function formatArtifactLock({ artifacts }: ArtifactLock): string {
  const entries = artifacts.map((artifact) => [artifact.name, fieldsOf(artifact)] as const);
  const document = new Document({
    version: 1,
    artifacts: Object.fromEntries(entries),
    total: artifacts.length,
  });
  document.commentBefore =
    ' Written by `scripts/hearth lock`. What others publish, pinned: nothing else is ever fetched.\n' +
    ' The last line counts the entries; a file that was cut off has none.';
  const map = document.get('artifacts');
  // An empty line between the entries, and before the count.
  const keys = [
    ...(isMap(map) ? map.items.slice(1) : []),
    ...(isMap(document.contents) ? document.contents.items.slice(-1) : []),
  ];
  for (const { key } of keys) (key as Node & { spaceBefore?: boolean }).spaceBefore = true;
  return document.toString({ lineWidth: 0 });
}

/** Writes the lock so that after a power cut the old or the new one is there. Never writes one that it could not read. */
export async function writeArtifactLock(path: string, lock: ArtifactLock): Promise<void> {
  const text = formatArtifactLock(lock);
  parseArtifactLock({ file: path, text });
  await writeFileAtomically(path, text);
}

function artifactOf(name: string, entry: LockEntry): Artifact {
  if (entry.kind !== 'container-image') return { name, ...entry };
  const { indexDigest, arm64Digest, ...rest } = entry;
  if (indexDigest === undefined || arm64Digest === undefined)
    return { name, ...rest, kind: 'unpinned-image' };
  return { name, ...rest, indexDigest, arm64Digest };
}

/** Always in the same order, whatever the order of the object is. */
function fieldsOf(artifact: Artifact): Record<string, unknown> {
  const { kind, licence, mayBePublished, source } = artifact;
  const last = { licence, mayBePublished, source };
  switch (artifact.kind) {
    case 'file':
      return { kind, ...publishedFields(artifact), ...last };
    case 'apt-package': {
      const { repository, suite, component, keyUrl, keyFingerprint, minimumVersion, file } = artifact;
      return {
        ...{ kind, repository, suite, component, package: artifact.package },
        ...{ keyUrl, keyFingerprint, minimumVersion },
        ...(file === undefined ? {} : { file: publishedFields(file) }),
        ...last,
      };
    }
    case 'container-image': {
      const { reference, indexDigest, arm64Digest } = artifact;
      return { kind, reference, indexDigest, arm64Digest, ...last };
    }
    case 'unpinned-image':
      return { kind: 'container-image', reference: artifact.reference, ...last };
  }
}

function publishedFields({ version, url, sizeBytes, sha256 }: PackageFile): PackageFile {
  return { version, url, sizeBytes, sha256 };
}

/** wordIssues leaves unknown keys to others; a lock has no other. */
function unknownKeys(issues: readonly z.core.$ZodIssue[]): readonly Finding[] {
  return issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [];
    return issue.keys.map((key) => ({
      path: [...issue.path, key].map((step) => (typeof step === 'symbol' ? String(step) : step)),
      anchor: 'key' as const,
      message: `unknown key "${key}"`,
      help: 'remove it',
    }));
  });
}
