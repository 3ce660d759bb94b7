/** The kinds of step files, in the order in which pi-gen runs those of one number. */
export const stepKinds = ['debconf', 'packages-nr', 'packages', 'patches', 'run', 'run-chroot'] as const;
export type StepKind = (typeof stepKinds)[number];

export interface Step {
  readonly kind: StepKind;
  /** 0 to 99. */
  readonly number: number;
  /** Absolute path of the file, or of the folder of a patch series. */
  readonly path: string;
  /** Path below the stage folder, for people: `01-network/00-run.sh`. */
  readonly label: string;
}

const namePattern = /^(\d\d)-(debconf|packages-nr|packages|patches|run\.sh|run-chroot\.sh)$/;

/** Reads a step's number and kind from its name; undefined if the name is not that of a step. */
export function parseStepName(name: string): { number: number; kind: StepKind } | undefined {
  const match = namePattern.exec(name);
  if (!match?.[1] || !match[2]) return undefined;
  return { number: Number(match[1]), kind: match[2].replace('.sh', '') as StepKind };
}

/** By number, then by kind. */
export function compareSteps(a: Step, b: Step): number {
  return a.number - b.number || stepKinds.indexOf(a.kind) - stepKinds.indexOf(b.kind);
}

/** True for steps that are programs of the stage's author. */
export function isScript(step: Step): boolean {
  return step.kind === 'run' || step.kind === 'run-chroot';
}

/** The package names of an NN-packages file with their lines; `#` begins a comment. */
export function parsePackageList(text: string): { name: string; line: number }[] {
  return text.split('\n').flatMap((line, index) =>
    line
      .replace(/#.*$/, '')
      .split(/\s+/)
      .filter((name) => name !== '')
      .map((name) => ({ name, line: index + 1 })),
  );
}
