import { runDoctor } from '../keeper/doctor.ts';
import { localText } from '../text/local-text.ts';
import { type Command, sayJson } from './command.ts';
import { done, failed } from './outcome.ts';

const marks = { good: 'ok  ', warning: 'look', bad: 'BAD ' } as const;

/** Looks for problems. */
export const doctorCommand: Command = {
  options: { json: { type: 'boolean' } },
  run: async (call) => {
    const { context, terminal, options } = call;
    const results = await runDoctor(context);
    if (options['json'] === true) sayJson(call, results);
    else
      for (const { title, state, meaning, todo } of results) {
        const text = (value: Parameters<typeof localText>[0]) => localText(value, terminal.language);
        terminal.say(`${marks[state]}  ${text(title)}: ${text(meaning)}`);
        if (todo !== undefined && state !== 'good') terminal.say(`      ${text(todo)}`);
      }
    return results.some((result) => result.state === 'bad') ? failed : done;
  },
};
