import type { Answers, Topic } from './define.ts';

/** False for a topic that only makes sense with another one, while that one is not answered. */
export function isAskedWith({ onlyWith }: Topic, answers: Answers): boolean {
  return onlyWith === undefined || answers[onlyWith]?.state === 'answered';
}
