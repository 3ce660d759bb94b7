import { defineSetup } from '../90-first-boot/agent/setup/define.ts';
import { addressStep } from './setup/data/address-step.ts';
import { postgresPart } from './setup/data/backup-part.ts';
import { poolCheck, postgresCheck, roomCheck, valkeyCheck } from './setup/data/data-checks.ts';
import { poolStep } from './setup/data/pool-step.ts';
import { postgresStep } from './setup/data/postgres-step.ts';
import { valkeyStep } from './setup/data/valkey-step.ts';
import { queueCheck, refusalCheck } from './setup/mail/mail-checks.ts';
import { mailCommand } from './setup/mail/mail-command.ts';
import { mailStep } from './setup/mail/mail-step.ts';
import { makeMailTopic } from './setup/mail/mail-topic.ts';

export const setup = defineSetup({
  topics: [makeMailTopic()],
  steps: [addressStep, postgresStep, poolStep, valkeyStep, mailStep],
  checks: [postgresCheck, poolCheck, valkeyCheck, roomCheck, queueCheck, refusalCheck],
  commands: [mailCommand],
  backups: [postgresPart],
});
