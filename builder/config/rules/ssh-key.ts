import type { Problem } from './problem.ts';

const keyTypes = [
  'ssh-ed25519',
  'ssh-rsa',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'sk-ssh-ed25519@openssh.com',
  'sk-ecdsa-sha2-nistp256@openssh.com',
] as const;

const minRsaBits = 2048;
const help = 'paste the line of a .pub file: "ssh-ed25519 AAAA… name"';

/** A public key of OpenSSH on one line: type, base64, comment. The base64 must hold a key of that type. */
export function sshKeyProblem(value: string): Problem | undefined {
  if (value.includes('PRIVATE KEY')) {
    return {
      message: 'is a private key, which must never leave its machine',
      help: 'take the file that ends in .pub',
    };
  }
  if (/[\r\n]/.test(value.trim()))
    return { message: 'must be one line', help: 'one entry of the list for each key' };
  const [type = '', body = ''] = value.trim().split(/ +/);
  if (type === 'ssh-dss')
    return {
      message: 'is a DSA key, which OpenSSH no longer takes',
      help: 'make one with: ssh-keygen -t ed25519',
    };
  if (!keyTypes.some((known) => known === type))
    return { message: 'must begin with the type of a public SSH key', help };
  const fields = readFields(body);
  if (fields === undefined || fields.length < 2)
    return { message: 'is cut off or damaged: its base64 part is not a key', help };
  if (fields[0]?.toString('latin1') !== type)
    return { message: `says ${type}, but holds a key of another type`, help };
  return sizeProblem(type, fields);
}

/** RFC 4253, section 6.6: a row of fields, each with its length in four bytes in front. */
function readFields(base64: string): readonly Buffer[] | undefined {
  if (base64 === '' || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  const fields: Buffer[] = [];
  let offset = 0;
  while (offset < bytes.length) {
    if (offset + 4 > bytes.length) return undefined;
    const end = offset + 4 + bytes.readUInt32BE(offset);
    if (end > bytes.length) return undefined;
    fields.push(bytes.subarray(offset + 4, end));
    offset = end;
  }
  return fields;
}

function sizeProblem(type: string, fields: readonly Buffer[]): Problem | undefined {
  if (type === 'ssh-ed25519' && fields[1]?.length !== 32) {
    return { message: 'is cut off or damaged: an Ed25519 key has 32 bytes', help };
  }
  if (type !== 'ssh-rsa') return undefined;
  // type, exponent, modulus; the modulus has a zero byte in front when its first bit is set.
  const modulus = fields[2];
  if (modulus === undefined) return { message: 'is cut off or damaged: its modulus is missing', help };
  const bits = (modulus[0] === 0 ? modulus.length - 1 : modulus.length) * 8;
  if (bits >= minRsaBits) return undefined;
  return {
    message: `is an RSA key of ${bits} bits; ${minRsaBits} is the least`,
    help: 'make one with: ssh-keygen -t ed25519',
  };
}
