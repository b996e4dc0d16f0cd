import type { IncomingMessage } from 'node:http';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Multipart } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../contracts/app-error.js';
import { type TemporaryFile, writeTemporaryFile } from '../platform/temporary-file.js';

export interface UploadedForm {
  /** Text fields; also those that came as files. */
  fields: Record<string, string>;
  file: TemporaryFile;
  /** What its sender calls it. */
  filename: string;
}

/** A form with a file that has not been read yet. */
export interface Upload {
  /**
   * Reads it, its file straight to disk. Nothing is left behind when this fails; otherwise the caller closes the file.
   *
   * @param maxBytes of the file
   * @throws AppError `invalid_request`, `too_large` as soon as that is known, `canceled` when the client goes away
   */
  receive(maxBytes: number): Promise<UploadedForm>;
}

/** The field that holds the file; the others are text. */
const fileField = 'file';
/** What is sent in this time after a refusal is read, and thrown away. */
const lingerMs = 2_000;
/** Of a text field. */
const maxTextBytes = 4 * 1_048_576;
const limits = {
  fieldSize: maxTextBytes,
  fields: 8,
  files: 8,
  parts: 12,
  headerPairs: 20,
  // Counted here, so that reading stops where it is passed.
  fileSize: Infinity,
};

/** `@Upload() upload: Upload` in a handler whose route has `@RouteConfig({ form: true })`. */
export const Upload = createParamDecorator((_: unknown, context: ExecutionContext): Upload => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return {
    async receive(maxBytes) {
      try {
        return await receiveForm(request, maxBytes);
      } catch (error) {
        const fault = formFault(error, request);
        letGo(request.raw);
        throw fault;
      }
    },
  };
});

async function receiveForm(request: FastifyRequest, maxBytes: number): Promise<UploadedForm> {
  if (!request.isMultipart())
    throw fault('', `send a form (multipart/form-data) with the field ${fileField}`);
  const most = maxBytes + limits.fields * maxTextBytes;
  if (Number(request.headers['content-length'] ?? 0) > most) {
    throw new AppError('too_large', `The form has more than the ${most} bytes that it may have.`);
  }
  const fields = new Map<string, string>();
  let uploaded: Pick<UploadedForm, 'file' | 'filename'> | undefined;
  try {
    for await (const part of request.parts({ limits })) {
      const { fieldname: name } = part;
      if (fields.has(name) || (name === fileField && uploaded)) throw fault(name, 'comes twice');
      if (name !== fileField) fields.set(name, await readText(part));
      else if (part.type === 'file') {
        uploaded = { file: await writeTemporaryFile(part.file, maxBytes), filename: part.filename };
      } else throw fault(name, 'must be sent as a file: curl -F file=@model.onnx');
    }
    if (!uploaded) throw fault(fileField, 'is missing');
  } catch (error) {
    await uploaded?.file.close();
    throw error;
  }
  const { sha256, size } = uploaded.file;
  const texts = Object.fromEntries(fields);
  // What the request is, for those that look at it later: whether it is the same as another one, say.
  request.body = { ...texts, [fileField]: { sha256, size } };
  return { ...uploaded, fields: texts };
}

async function readText(part: Multipart): Promise<string> {
  if (part.type === 'file') {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of part.file as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxTextBytes) throw tooLong(part.fieldname);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
  if (part.valueTruncated) throw tooLong(part.fieldname);
  // A field that calls itself JSON comes parsed.
  return typeof part.value === 'string' ? part.value : JSON.stringify(part.value);
}

/**
 * Ends a body that nobody wants, after its sender had time to see the answer: closed at once, the connection would
 * break while it is sending, and the answer be lost; left open, it would wait for us to read the rest.
 */
function letGo(body: IncomingMessage): void {
  if (body.complete || body.destroyed) return;
  body.unpipe();
  body.resume();
  const ending = setTimeout(() => body.socket.destroy(), lingerMs);
  body.once('close', () => clearTimeout(ending));
}

function formFault(error: unknown, { raw }: FastifyRequest): unknown {
  if (error instanceof AppError || !(error instanceof Error)) return error;
  if (raw.destroyed && !raw.complete)
    return new AppError('canceled', 'the client went away', { cause: error });
  if ('statusCode' in error && error.statusCode === 413) {
    return new AppError('too_large', `The form has too many parts: ${error.message}.`, { cause: error });
  }
  return new AppError('invalid_request', `The form is not well-formed: ${error.message}.`, { cause: error });
}

function tooLong(field: string): AppError {
  const message = `must be ${maxTextBytes} bytes at most`;
  return new AppError('too_large', `The field ${field} ${message}.`, { issues: [{ path: field, message }] });
}

function fault(path: string, message: string): AppError {
  return new AppError('invalid_request', 'The request is not of the right form.', {
    issues: [{ path, message }],
  });
}
