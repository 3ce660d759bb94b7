import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/**
 * A boundary check that checks nothing is worse than none. So the project's own biome.json is run on a small copy of the
 * tree's shape, in which each file breaks one rule, or breaks none.
 */
const root = path.resolve(import.meta.dirname, '../../..');

const forbiddenImports: readonly (readonly [file: string, source: string])[] = [
  ['builder/text/up.ts', '../errors/catalogue.ts'],
  ['builder/text/package.ts', 'zod'],
  ['builder/errors/up.ts', '../config/schema.ts'],
  ['builder/host/up.ts', '../run/events.ts'],
  ['builder/config/up.ts', '../host/command.ts'],
  ['builder/config/rules/up.ts', '../../host/command.ts'],
  ['builder/config/stage.ts', '../stage/discover.ts'],
  ['builder/config/test.ts', '../../test/helpers/fake.ts'],
  ['builder/config/stages.ts', '../../stages/30-samba/stage.ts'],
  ['builder/config/execa.ts', 'execa'],
  ['builder/vm/zx.ts', 'zx'],
  ['builder/image/process.ts', 'node:child_process'],
  ['builder/stage/up.ts', '../run/executor.ts'],
  ['builder/artifacts/up.ts', '../run/executor.ts'],
  ['builder/artifacts/plan.ts', '../plan/project.ts'],
  ['builder/stage/artifacts.ts', '../artifacts/artifact.ts'],
  ['builder/plan/up.ts', '../run/executor.ts'],
  ['builder/plan/host.ts', '../host/command.ts'],
  ['builder/image/up.ts', '../run/executor.ts'],
  ['builder/vm/up.ts', '../cli/terminal.ts'],
  ['builder/run/up.ts', '../cli/terminal.ts'],
  ['builder/run/vm.ts', '../vm/qemu.ts'],
  ['builder/cli/commands/scripts.ts', '../../../scripts/generate-docs.ts'],
  ['builder/main.ts', './run/executor.ts'],
  ['stages/30-samba/stage.ts', '../../builder/config/schema.ts'],
  ['stages/30-samba/package.ts', 'execa'],
  ['stages/30-samba/neighbour.ts', '../10-boot/stage.ts'],
  ['stages/90-first-boot/agent/package.ts', 'zod'],
  ['stages/90-first-boot/agent/stage.ts', '../stage.ts'],
  ['stages/90-first-boot/agent/builder.ts', '../../../builder/text/size.ts'],
  ['stages/90-first-boot/agent/pages/stage.ts', '../../stage.ts'],
  ['stages/30-samba/setup.ts', '../90-first-boot/agent/keeper/server.ts'],
  ['stages/31-neighbour/setup.ts', '../30-samba/setup/share.ts'],
  ['stages/32-package/setup.ts', 'yaml'],
  ['stages/30-samba/setup/agent.ts', '../../90-first-boot/agent/web/server.ts'],
  ['stages/30-samba/setup/up.ts', '../setup.ts'],
];

const allowedImports: readonly (readonly [file: string, source: string])[] = [
  ['builder/text/ok.ts', './size.ts'],
  ['builder/text/ok-node.ts', 'node:util'],
  ['builder/errors/ok.ts', '../text/size.ts'],
  ['builder/host/ok.ts', '../errors/catalogue.ts'],
  ['builder/host/ok-execa.ts', 'execa'],
  ['builder/config/ok.ts', 'zod'],
  ['builder/config/rules/ok.ts', '../../text/size.ts'],
  ['builder/stage/ok.ts', '../config/schema.ts'],
  ['builder/plan/ok.ts', '../stage/stage.ts'],
  ['builder/plan/ok-artifacts.ts', '../artifacts/artifact.ts'],
  ['builder/artifacts/ok.ts', '../stage/stage.ts'],
  ['builder/run/ok.ts', '../host/command.ts'],
  ['builder/image/ok.ts', '../host/command.ts'],
  ['builder/vm/ok.ts', '../host/command.ts'],
  ['builder/cli/ok.ts', '../run/executor.ts'],
  ['builder/cli/commands/ok.ts', '../../run/executor.ts'],
  ['builder/cli/commands/ok-render.ts', '../render/plain.ts'],
  ['stages/30-samba/ok.ts', '../../builder/stage/define.ts'],
  ['stages/30-samba/ok-zod.ts', 'zod'],
  ['stages/90-first-boot/agent/ok.ts', 'node:http'],
  ['stages/90-first-boot/agent/pages/ok.ts', '../server.ts'],
  ['stages/90-first-boot/agent/card/ok.ts', 'yaml'],
  ['stages/40-ok/setup.ts', '../90-first-boot/agent/setup/define.ts'],
  ['stages/41-ok/setup.ts', './setup/share.ts'],
  ['stages/40-ok/setup/share.ts', '../../90-first-boot/agent/device/door.ts'],
  ['test/unit/ok.ts', '../../builder/text/size.ts'],
  ['scripts/ok.ts', 'zx'],
];

const otherViolations: readonly (readonly [rule: string, file: string, text: string])[] = [
  [
    'noFloatingPromises',
    'builder/run/floating.ts',
    'async function work() {}\nexport function start() {\n  work();\n}\n',
  ],
  [
    'noMisusedPromises',
    'builder/run/misused.ts',
    'async function isDone() {\n  return false;\n}\nexport function ask() {\n  return isDone() ? 1 : 2;\n}\n',
  ],
  [
    'noImportCycles',
    'builder/run/cycle-a.ts',
    "import { b } from './cycle-b.ts';\nexport const a = () => b;\n",
  ],
  ['noConsole', 'builder/run/console.ts', "console.log('x');\n"],
  ['noProcessEnv', 'builder/run/env.ts', 'export const home = process.env.HOME;\n'],
  ['noProcessExit', 'builder/run/exit.ts', 'export function stop() {\n  process.exit(1);\n}\n'],
  ['noDefaultExport', 'builder/run/default.ts', 'export default 1;\n'],
  ['noEnum', 'builder/run/enum.ts', 'export enum Colour {\n  Red,\n}\n'],
  ['useImportType', 'builder/run/type.ts', "import { Stats } from 'node:fs';\nexport type Info = Stats;\n"],
  [
    'useNodejsImportProtocol',
    'builder/run/protocol.ts',
    "import { join } from 'path';\nexport const x = join('a');\n",
  ],
  ['noExcessiveLinesPerFile', 'builder/run/long.ts', lines(401, (n) => `export const value${n} = ${n};`)],
  [
    'noExcessiveLinesPerFunction',
    'builder/run/long-function.ts',
    `export function long(values: number[]) {\n${lines(90, (n) => `  values.push(${n});`)}}\n`,
  ],
];

const controls: readonly (readonly [file: string, text: string])[] = [
  ['builder/run/cycle-b.ts', "import { a } from './cycle-a.ts';\nexport const b = () => a;\n"],
  ['builder/cli/console.ts', "console.error('x');\nexport const colour = process.env.NO_COLOR;\n"],
  ['vitest.config.ts', 'export default 1;\n'],
  ['builder/run/ok.ts', 'async function work() {}\nexport async function start() {\n  await work();\n}\n'],
];

let complaints: ReadonlyMap<string, ReadonlySet<string>>;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'hearth-lint-'));
  await copyFile(path.join(root, 'biome.json'), path.join(folder, 'biome.json'));
  const importing = [...forbiddenImports, ...allowedImports].map(
    ([file, source]) => [file, `import * as it from '${source}';\nexport const x = it;\n`] as const,
  );
  for (const [file, text] of [...importing, ...otherViolations.map(([, ...rest]) => rest), ...controls]) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), text);
  }
  complaints = lint(folder);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('import directions', () => {
  it.each(forbiddenImports)('%s may not import %s', (file) => {
    expect([...(complaints.get(file) ?? [])]).toContain('noRestrictedImports');
  });

  it.each(allowedImports)('%s may import %s', (file) => {
    expect([...(complaints.get(file) ?? [])]).not.toContain('noRestrictedImports');
  });
});

describe('house rules', () => {
  it.each(otherViolations)('%s complains about %s', (rule, file) => {
    expect([...(complaints.get(file) ?? [])]).toContain(rule);
  });

  it('lets the command line write to the terminal and read the environment', () => {
    expect(complaints.get('builder/cli/console.ts')).toBeUndefined();
  });

  it('lets config files of tools export by default', () => {
    expect(complaints.get('vitest.config.ts')).toBeUndefined();
  });

  it('has nothing against a file that breaks no rule', () => {
    expect(complaints.get('builder/run/ok.ts')).toBeUndefined();
  });
});

interface BiomeReport {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly severity: string;
    readonly location: { readonly path: string | { readonly file: string } };
  }[];
}

/** File → the names of the rules it breaks. */
function lint(where: string): ReadonlyMap<string, ReadonlySet<string>> {
  const biome = path.join(root, 'node_modules/.bin/biome');
  const run = spawnSync(biome, ['lint', '--reporter=json', '--max-diagnostics=1000', '.'], {
    cwd: where,
    encoding: 'utf8',
  });
  const report: BiomeReport = JSON.parse(run.stdout);
  const found = new Map<string, Set<string>>();
  for (const { category, severity, location } of report.diagnostics) {
    if (severity !== 'error') continue;
    const file = typeof location.path === 'string' ? location.path : location.path.file;
    const rules = found.get(file) ?? new Set();
    found.set(file, rules.add(category.split('/').at(-1) ?? category));
  }
  return found;
}

function lines(amount: number, line: (number: number) => string): string {
  return Array.from({ length: amount }, (_, index) => `${line(index)}\n`).join('');
}
