import { suggest } from '../text/suggest.ts';
import { isRecord } from './config-path.ts';
import type { Finding } from './finding.ts';

/** The stages that config.yaml asks for; undefined means all. Wrong types are the schema's business. */
export function wantedStages(data: unknown): readonly string[] | undefined {
  const stages = isRecord(data) ? data['stages'] : undefined;
  return Array.isArray(stages) ? stages.filter((name) => typeof name === 'string') : undefined;
}

/** Names in `stages:` that stand there twice, and, when the folders are known, names of none. */
export function findStageProblems(
  data: unknown,
  stageNames: readonly string[] | undefined,
): readonly Finding[] {
  const stages = isRecord(data) && Array.isArray(data['stages']) ? data['stages'] : [];
  return stages.flatMap((name: unknown, index): readonly Finding[] => {
    if (typeof name !== 'string') return [];
    const place = { path: ['stages', index], anchor: 'value' } as const;
    if (stages.indexOf(name) < index) return [{ ...place, message: `the stage ${name} is listed twice` }];
    if (stageNames === undefined || stageNames.includes(name)) return [];
    const near = nearStage(name, stageNames);
    return [
      {
        ...place,
        message: `there is no folder stages/${name}`,
        help: near === undefined ? 'see: ls stages' : `did you mean "${near}"?`,
      },
    ];
  });
}

/** "samba" is "30-samba", and so is "30-smaba". */
function nearStage(name: string, stageNames: readonly string[]): string | undefined {
  const withoutNumber = (stage: string) => stage.replace(/^\d+-/, '');
  return (
    stageNames.find((stage) => withoutNumber(stage) === withoutNumber(name)) ??
    suggest(name, stageNames) ??
    stageNames.find(
      (stage) => withoutNumber(stage) === suggest(withoutNumber(name), stageNames.map(withoutNumber)),
    )
  );
}
