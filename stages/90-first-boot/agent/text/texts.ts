import type { UnitState } from '../device/unit-states.ts';

/** Everything that the pages say, in one language. */
export interface Texts {
  /** BCP 47 language tag. */
  readonly language: string;
  readonly overall: {
    readonly running: string;
    readonly starting: string;
    readonly off: string;
    readonly failed: (count: number) => string;
    readonly unknown: string;
  };
  readonly services: string;
  readonly noServices: string;
  readonly refresh: string;
  readonly states: Readonly<Record<UnitState, string>>;
  readonly addresses: string;
  readonly addressHint: string;
  readonly noAddress: string;
  readonly byName: string;
  readonly media: { readonly cable: string; readonly wifi: string; readonly other: string };
  readonly moreAddresses: string;
  readonly setupCode: string;
  readonly setupCodeWhere: readonly [screen: string, card: string];
  readonly setupCodeHint: string;
  readonly image: (name: string, date: string) => string;
  readonly problems: Readonly<
    Record<
      'badRequest' | 'notFound' | 'wrongMethod' | 'wrongHost' | 'internal',
      { readonly title: string; readonly text: string }
    >
  >;
  readonly toPage: string;
}
