import { readFile } from 'node:fs/promises';
import { Document } from 'yaml';
import { z } from 'zod';
import { configError, type Diagnostic } from '../config/diagnostics.ts';
import { wordIssues } from '../config/issue-wording.ts';
import { parseYaml } from '../config/parse-yaml.ts';
import { HearthError } from '../errors/hearth-error.ts';
import { messageOf } from '../errors/message-of.ts';
import { digestOf } from '../text/digest.ts';
import { type ArchiveBases, type PackageSet, packagesDigest, sortPackages } from './package-file.ts';

/** The Debian packages of one image: `NAME.debian.lock.yaml`. */
export interface DebianLock {
  /** Name of the image. */
  readonly image: string;
  readonly architecture: string;
  readonly suite: string;
  /** When the archive was asked, ISO 8601: the time to look for in Debian's snapshot archive. */
  readonly asked: string;
  /** Addresses of archives of old packages, with @SNAPSHOTID@ for the time; '' where none is known. */
  readonly snapshots: ArchiveBases;
  /** The programs that made the image. */
  readonly tools: LockedTools;
  readonly steps: readonly LockedStep[];
}

/** What the tools tree was made from. */
export interface LockedTools {
  readonly architecture: string;
  readonly packages: PackageSet;
}

/** What one step installs. */
export interface LockedStep {
  readonly stage: string;
  /** Its file below the stage folder. */
  readonly step: string;
  readonly packages: PackageSet;
}

const packageSchema = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/),
  // Both become part of a file's name.
  version: z.string().regex(/^[0-9A-Za-z.+:~-]+$/, 'must be a version as Debian writes it'),
  architecture: z.string().regex(/^[a-z0-9-]+$/, 'must be an architecture as Debian names it'),
  sizeBytes: z.int().positive(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'),
  archive: z
    .string()
    .regex(/^(debian|debian-security|https?:\/\/\S+)$/, 'must be debian, debian-security or an address'),
  path: z
    .string()
    .regex(/^[^/\s][^\s]*\.deb$/)
    .refine((path) => !path.split('/').includes('..'), 'must stay below the archive'),
});

const lockSchema = z
  .object({
    version: z.literal(1),
    image: z.string(),
    architecture: z.string(),
    suite: z.string(),
    asked: z.iso.datetime(),
    snapshots: z.object({ main: z.string(), security: z.string() }),
    tools: z.object({ architecture: z.string(), packages: z.array(packageSchema) }),
    steps: z.array(z.object({ stage: z.string(), step: z.string(), packages: z.array(packageSchema) })),
    // Stands at the end: a file that was cut off has none.
    total: z.int(),
  })
  .refine((lock) => lock.total === countPackages(lock), {
    path: ['total'],
    error: 'does not agree with the lists above: the file was changed or cut off',
  });

/** Digest of the packages alone: the same for two builds with the same packages, whenever they asked. */
export function lockDigest(steps: readonly LockedStep[]): string {
  return digestOf(steps.map(({ stage, step, packages }) => [stage, step, packagesDigest(packages)]));
}

/** The text of a lock: one package a line, sorted, so that two locks can be compared by eye and by diff. */
export function formatLock(lock: DebianLock): string {
  const { image, architecture, suite, asked, snapshots } = lock;
  const steps = lock.steps.map((step) => ({ ...step, packages: sortPackages(step.packages) }));
  const tools = { ...lock.tools, packages: sortPackages(lock.tools.packages) };
  const document = new Document({
    version: 1,
    image,
    architecture,
    suite,
    asked,
    snapshots,
    steps,
    tools,
    total: countPackages({ steps, tools }),
  });
  document.commentBefore =
    ` The Debian packages of ${image}.img, by the steps that install them.\n` +
    ' `scripts/hearth build --locked FILE` takes exactly these.';
  const lists = [...steps.keys()].map((index) => ['steps', index, 'packages']);
  for (const path of [...lists, ['tools', 'packages']]) {
    const list = document.getIn(path) as { items: { flow?: boolean }[] };
    for (const item of list.items) item.flow = true;
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function countPackages({ steps, tools }: Pick<DebianLock, 'steps' | 'tools'>): number {
  return steps.reduce((sum, { packages }) => sum + packages.length, tools.packages.length);
}

/** Reads a lock. Throws ERR_LOCK_INVALID that shows every problem with line and column. */
export async function readLock(path: string): Promise<DebianLock> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new HearthError('ERR_LOCK_INVALID', {
      what: `The lock ${path} can not be read.`,
      why: messageOf(error),
      todo: 'Name the NAME.debian.lock.yaml that lies beside an image.',
      state: 'Nothing was built.',
      cause: error,
    });
  });
  const parsed = parseYaml(text);
  const diagnostics: Diagnostic[] = parsed.diagnostics.filter(({ severity }) => severity === 'error');
  const result = lockSchema.safeParse(parsed.data);
  if (result.success && diagnostics.length === 0) {
    const { version: _version, total: _total, ...lock } = result.data;
    return lock;
  }
  if (parsed.data !== undefined && !result.success) {
    const seen = { data: parsed.data, nodeAt: parsed.sourceMap.nodeAt };
    for (const { path: place, anchor, message, help } of wordIssues(result.error.issues, seen)) {
      const range = parsed.sourceMap.locate(place, anchor);
      diagnostics.push({ severity: 'error', path: place, message, help, range });
    }
  }
  const shown = configError(diagnostics, { file: path, text });
  throw new HearthError('ERR_LOCK_INVALID', {
    what: `${path} is not a lock of Debian packages.`,
    ...(shown.details === undefined ? {} : { details: shown.details }),
    todo: 'Take the file as the build wrote it; it is not meant to be edited.',
    state: 'Nothing was built.',
  });
}
