import type { ExitCode } from './exit-code.ts';

export interface CatalogueEntry {
  /** A few words: what happened. */
  readonly title: string;
  readonly exitCode: ExitCode;
  /** One paragraph for docs/errors.md and `hearth explain CODE`. */
  readonly explanation: string;
}

/** Every error a person can meet. Codes are never renamed or removed: people search for them. */
export const catalogue = {
  ERR_USAGE: {
    title: 'Wrong usage',
    exitCode: 2,
    explanation: 'The command line has an unknown command, option or value. Nothing was done.',
  },
  ERR_CONFIG_INVALID: {
    title: 'The configuration is not valid',
    exitCode: 2,
    explanation:
      'The file config.yaml has at least one problem; all of them are listed with file, line and column. Nothing was built.',
  },
  ERR_CONFIG_UNREADABLE: {
    title: 'The configuration can not be read',
    exitCode: 2,
    explanation:
      'The config file is missing, is a folder, may not be read, or is not text in UTF-8. Nothing was built.',
  },
  ERR_STAGE_INVALID: {
    title: 'A stage folder is not valid',
    exitCode: 2,
    explanation:
      'A stage has an unknown file name, a script without its run bit or interpreter, or a broken stage.ts. Nothing was built.',
  },
  ERR_HOST_UNSUITABLE: {
    title: 'This host can not build',
    exitCode: 3,
    explanation:
      'A program, a right or a kernel feature is missing. The message names it and the command that adds it.',
  },
  ERR_DOWNLOAD: {
    title: 'A download was refused or did not match',
    exitCode: 4,
    explanation:
      "A file could not be fetched from Debian's archive, from the maker of an artifact or from a mirror, or its signature, size or checksum is wrong. What is wrong was not kept; what was only cut off goes on there next time.",
  },
  ERR_DISK_FULL: {
    title: 'The disk is full',
    exitCode: 3,
    explanation:
      'A file did not fit on the disk of the cache or of the output folder. The half-written file was removed; what was complete before is kept, and the next build goes on from there.',
  },
  ERR_LOCK_INVALID: {
    title: 'A lock can not be used',
    exitCode: 2,
    explanation:
      'The lock of Debian packages (named with --locked) or artifacts.lock.yaml is missing or is no lock, was made from another state of the stages, or pins a version with known flaws. All problems are listed. Nothing was built and no lock was changed.',
  },
  ERR_STEP_FAILED: {
    title: 'A step failed',
    exitCode: 1,
    explanation:
      'A file of a stage ended with an error. The message names the stage, the file, its exit code, its last lines and the log.',
  },
  ERR_COMMAND_FAILED: {
    title: 'A program failed',
    exitCode: 1,
    explanation: 'A program that the builder itself runs ended with an error.',
  },
  ERR_IMAGE_INVALID: {
    title: 'The file is not a Hearth image',
    exitCode: 2,
    explanation:
      'The named file is missing, or has no Raspberry Pi partition table, boot or root file system.',
  },
  ERR_BOOT_FAILED: {
    title: 'The image did not boot',
    exitCode: 5,
    explanation:
      'The virtual machine stopped, panicked, or did not reach the expected state in time. The serial log tells more.',
  },
  ERR_NOT_REPRODUCIBLE: {
    title: 'The image is not reproducible',
    exitCode: 1,
    explanation:
      'Two builds of the same project under different circumstances made different images. The report names the files that differ and how; the stage that writes them depends on a clock, a path, an order or a random number.',
  },
  ERR_INTERRUPTED: {
    title: 'Interrupted',
    exitCode: 130,
    explanation:
      'You stopped the build. Finished steps are kept; the next build goes on at the one that was running.',
  },
  ERR_TERMINATED: {
    title: 'Terminated',
    exitCode: 143,
    explanation:
      'The build was told to end (SIGTERM). Finished steps are kept; the next build goes on at the one that was running.',
  },
  ERR_INTERNAL: {
    title: 'A bug in Hearth',
    exitCode: 70,
    explanation: 'Something that can not happen happened. Please report it with the stack trace.',
  },
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof catalogue;
