import { catalogue } from '../../errors/catalogue.ts';
import { HearthError } from '../../errors/hearth-error.ts';
import { compareParts } from '../../plan/fingerprint.ts';
import { historyFile, readHistory } from '../../plan/history.ts';
import { describeChange } from '../../plan/planner.ts';
import { suggest } from '../../text/suggest.ts';
import { loadProject } from '../project.ts';
import { readSettings } from '../settings.ts';
import { planProject } from './plan.ts';

/** `hearth explain STAGE|CODE`: which parts of a stage changed since its last build, or what an error code means. */
export async function explainCommand(subject: string): Promise<void> {
  const entry = Object.entries(catalogue).find(([code]) => code === subject.toUpperCase());
  if (entry) {
    const [code, { title, exitCode, explanation }] = entry;
    process.stdout.write(`${code}: ${title} (exit code ${exitCode})\n\n${explanation}\n`);
    return;
  }
  const settings = readSettings();
  const project = await loadProject(settings);
  const actions = await planProject(project, settings, {});
  const action = actions.find((candidate) => candidate.stage === subject);
  if (!action) {
    const names = [...project.stages.map((stage) => stage.name), ...Object.keys(catalogue)];
    const meant = suggest(subject, names);
    throw new HearthError('ERR_USAGE', {
      what: `"${subject}" is neither a stage nor an error code.`,
      todo:
        meant === undefined ? 'Run `scripts/hearth plan`: it lists the stages.' : `Did you mean ${meant}?`,
    });
  }
  const summary = project.stages.find((stage) => stage.name === subject)?.definition?.summary;
  const history = await readHistory(historyFile(settings.cacheDir, settings.projectDir));
  const last = history.parts[subject];
  const changes = last ? compareParts(last, action.parts) : [];
  process.stdout.write(
    [
      `${subject}${summary === undefined ? '' : `: ${summary}`}`,
      `${action.kind}: ${action.reason}`,
      '',
      ...(last === undefined
        ? [`It has not been built yet. It depends on ${Object.keys(action.parts).length} parts:`]
        : changes.length === 0
          ? [`None of its ${Object.keys(action.parts).length} parts changed since its last build:`]
          : ['Changed since its last build:']),
      ...(changes.length > 0
        ? changes.map((change) => `  ${describeChange(change)}`)
        : Object.keys(action.parts).map((part) => `  ${part}`)),
      '',
    ].join('\n'),
  );
}
