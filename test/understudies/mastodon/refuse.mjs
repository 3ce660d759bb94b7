/** Refused for a reason that a person can read. */
export class Refusal extends Error {}

export function refuse(why) {
  throw new Refusal(why);
}

export const log = (text) => process.stdout.write(`${text}\n`);

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
