import type { Readable } from 'node:stream';
import { ObjectStoreFailure } from './failure.ts';
import { type BucketAddress, sendSigned, textOf } from './signed-request.ts';
import { element, escaped } from './xml.ts';

/** R2 wants all parts but the last of one length, S3 wants at least 5 MiB and at most 10 000 parts. */
const partBytes = 16 * 1024 * 1024;

/** Puts an object part by part. See `putStream` of a bucket. */
export async function putParts(
  address: BucketAddress,
  key: string,
  body: Readable,
  { contentType = 'application/octet-stream' }: { readonly contentType?: string },
): Promise<{ readonly sizeBytes: number }> {
  const headers = { 'Content-Type': contentType };
  const begin = { method: 'POST', key, query: { uploads: '' }, headers, body: Buffer.alloc(0) } as const;
  const upload = element(await textOf(await sendSigned(address, begin)), 'UploadId');
  if (upload === undefined) throw new ObjectStoreFailure('stranger', 'no name for an upload');
  try {
    return await sendParts(address, key, upload, body);
  } catch (error) {
    body.destroy();
    await forget(address, key, upload);
    throw error;
  }
}

async function sendParts(
  address: BucketAddress,
  key: string,
  upload: string,
  body: Readable,
): Promise<{ readonly sizeBytes: number }> {
  const marks: string[] = [];
  let sizeBytes = 0;
  for await (const part of partsOf(body)) {
    const query = { partNumber: String(marks.length + 1), uploadId: upload };
    const response = await sendSigned(address, { method: 'PUT', key, query, body: part });
    response.resume();
    const { etag } = response.headers;
    if (etag === undefined) throw new ObjectStoreFailure('stranger', 'a part without a mark');
    marks.push(etag);
    sizeBytes += part.length;
  }
  const parts = marks.map(
    (mark, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${escaped(mark)}</ETag></Part>`,
  );
  const end = Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`);
  const call = { method: 'POST', key, query: { uploadId: upload }, body: end } as const;
  const headers = { 'Content-Type': 'application/xml' };
  const answer = await textOf(await sendSigned(address, { ...call, headers }));
  // S3 says 200 at once, and only then puts the parts together: the answer itself may be an error.
  if (!answer.includes('<CompleteMultipartUploadResult'))
    throw new ObjectStoreFailure('other', element(answer, 'Code') ?? 'the parts were not put together');
  return { sizeBytes };
}

/** Pieces of exactly the wanted length, the last one shorter; one empty piece for an empty stream. */
async function* partsOf(body: Readable): AsyncGenerator<Buffer> {
  let kept: Buffer[] = [];
  let keptBytes = 0;
  let count = 0;
  for await (const chunk of body) {
    let rest = Buffer.from(chunk as Buffer);
    while (keptBytes + rest.length >= partBytes) {
      const wanted = partBytes - keptBytes;
      yield Buffer.concat([...kept, rest.subarray(0, wanted)]);
      count++;
      rest = rest.subarray(wanted);
      kept = [];
      keptBytes = 0;
    }
    if (rest.length > 0) kept.push(rest);
    keptBytes += rest.length;
  }
  if (keptBytes > 0 || count === 0) yield Buffer.concat(kept);
}

/** Half an object costs room for ever where nobody sees it. The first failure is what counts, so this one is silent. */
async function forget({ signal: _, ...address }: BucketAddress, key: string, upload: string): Promise<void> {
  try {
    const response = await sendSigned(
      { ...address, silenceMs: 5_000 },
      { method: 'DELETE', key, query: { uploadId: upload } },
    );
    response.resume();
  } catch {
    // A rule of the bucket takes away what is left: R2 does so after seven days by itself.
  }
}
