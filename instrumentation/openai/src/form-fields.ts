/** Requests that go out as a form with a file in it: what of its fields can be read again. */

/** A web form, as openai 5 and later make it. */
interface ReadableForm {
  get(name: string): unknown;
}

interface FormRequest {
  readonly body?: unknown;
  /** The SDK notes the model here where Azure needs it in the path. */
  readonly __metadata?: { readonly model?: unknown };
}

const FIELDS = ['model', 'stream', 'n', 'response_format'] as const;

/** The fields as texts, or the body itself where it is no form. openai 4 has encoded its forms by now. */
export function bodyOf(request: FormRequest): object {
  const { body, __metadata: metadata } = request;
  if (typeof body !== 'object' || body === null) return {};
  if (isEncoded(body)) return { model: metadata?.model };
  if (typeof (body as Partial<ReadableForm>).get !== 'function') return body;
  const fields: Record<string, unknown> = { model: metadata?.model };
  for (const name of FIELDS) fields[name] = (body as ReadableForm).get(name) ?? fields[name];
  return fields;
}

const isEncoded = (body: object): boolean =>
  (body as { [Symbol.toStringTag]?: unknown })[Symbol.toStringTag] === 'MultipartBody';
