import type { Account } from '../identity.ts';
import { freeStart, largestCount, neededIds } from '../subordinate-ids.ts';
import type { HostProblem } from './problem.ts';

const explanation = 'The image holds files of several owners; a build maps them to 65,535 ids of its user.';

/** What is wrong with the ids that a build may give to files; nothing if all is well. */
export function missingIds(account: Account): HostProblem | undefined {
  if (account.uid === 0) return tooFewForRoot(account);
  if (account.uids && account.gids) return undefined;
  if (account.idService !== undefined) return notInService(account, account.idService);
  const { username, uid } = account;
  const lacking = [
    ...(account.uids ? [] : [{ file: '/etc/subuid', largest: largestCount(account.subuid, username, uid) }]),
    ...(account.gids ? [] : [{ file: '/etc/subgid', largest: largestCount(account.subgid, username, uid) }]),
  ];
  const found = lacking.map(({ file, largest }) => {
    return `${file} gives ${largest === 0 ? 'none' : `only ${largest.toLocaleString('en-US')} at a stretch`}`;
  });
  const command = commandThatAdds(account);
  return {
    what: `The user ${username} has ${lacking.some(({ largest }) => largest > 0) ? 'too few' : 'no'} subordinate ids: ${found.join(', ')}.`,
    why: explanation,
    todo: `sudo ${command.map(quoted).join(' ')}`,
    fix: { kind: 'as-root', command },
  };
}

/** Ids that no other user has: two users with the same ids could change each other's files. */
function commandThatAdds(account: Account): string[] {
  const { username, uid, subuid, subgid } = account;
  const start = freeStart(subuid, subgid);
  const range = `${start}-${start + neededIds}`;
  if (account.isLocal) {
    return [
      'usermod',
      ...(account.uids ? [] : ['--add-subuids', range]),
      ...(account.gids ? [] : ['--add-subgids', range]),
      username,
    ];
  }
  // usermod knows local users only; the number stands for any name.
  const files = [...(account.uids ? [] : ['/etc/subuid']), ...(account.gids ? [] : ['/etc/subgid'])];
  return ['sh', '-c', `echo ${uid}:${start}:${neededIds + 1} | tee -a ${files.join(' ')}`];
}

function notInService({ username }: Account, service: string): HostProblem {
  return {
    what: `The user ${username} has no subordinate ids in the service "${service}" of /etc/nsswitch.conf.`,
    why: `${explanation} That service gives them here, not /etc/subuid; getsubids lists none.`,
    todo: `ipa subid-generate --owner ${username}    # with FreeIPA; elsewhere ask who runs the service`,
  };
}

function tooFewForRoot({ ownUids, ownGids }: Account): HostProblem | undefined {
  const reaches = (ranges: Account['ownUids']) => ranges.reduce((total, { count }) => total + count, 0);
  if (Math.min(reaches(ownUids), reaches(ownGids)) > neededIds) return undefined;
  return {
    what: `This root has ${Math.min(reaches(ownUids), reaches(ownGids)).toLocaleString('en-US')} of the 65,536 ids that an image needs.`,
    why: `${explanation} We run in a container or user namespace that was given too few.`,
    todo: 'Build as an ordinary user outside of it, or give the container 65,536 ids (/etc/subuid, /etc/subgid).',
  };
}

function quoted(word: string): string {
  return /^[\w./:@=,-]+$/.test(word) ? word : `'${word}'`;
}
