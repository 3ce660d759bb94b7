import { $ } from 'zx';
import { prepareHost } from './prepare-host.ts';

const args = process.argv.slice(2);
if (!args.includes('--help') && !args.includes('-h')) await prepareHost();
const hearth = `${import.meta.dirname}/../hearth`;
const result = await $({ stdio: 'inherit' })`${hearth} build ${args}`.nothrow();
process.exitCode = result.exitCode ?? 1;
