import { z } from 'zod';
import { isKept } from './idempotency.ts';
import { problems, type ProblemCode } from './problem.ts';
import type { Route, RouteDocs } from './route.ts';
import { problemMembers, wire } from './schemas.ts';

/** A JSON schema (2020-12), as far as this API uses them. */
export type JsonSchema = z.core.JSONSchema.JSONSchema;

export interface OpenApiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: JsonSchema;
}

export interface OpenApiMedia {
  schema: JsonSchema;
  examples?: Record<string, { value: unknown }>;
}

export interface OpenApiResponse {
  description: string;
  headers: Record<string, { $ref: string }>;
  content?: Record<string, OpenApiMedia>;
}

export interface OpenApiOperation {
  operationId: string;
  tags: string[];
  summary: string;
  description: string;
  security?: [];
  parameters?: OpenApiParameter[];
  requestBody?: { required: true; content: { 'application/json'?: OpenApiMedia; '*/*'?: OpenApiMedia } };
  responses: Record<string, OpenApiResponse>;
}

/** An OpenAPI 3.1 document, as far as this API uses it. */
export interface OpenApiDocument {
  openapi: '3.1.1';
  info: { title: string; version: string; description: string };
  servers: { url: string }[];
  security: Record<string, []>[];
  tags: { name: RouteDocs['group'] }[];
  paths: Record<string, Partial<Record<Route['method'], OpenApiOperation>>>;
  components: {
    securitySchemes: Record<string, object>;
    headers: Record<string, { description: string; required?: boolean; schema: JsonSchema }>;
    schemas: Record<string, JsonSchema>;
  };
}

const description = `Proves that a person holds a phone number: start sends a code, check judges what they typed.

JSON in snake_case, times in RFC 3339 UTC, numbers in E.164. An unknown field is an error. Everything but a good answer is a problem
(RFC 9457, \`application/problem+json\`): act on its \`code\`, show its \`detail\`. Any path that is not listed is a 404 \`not_found\`, any other method
a 405 \`method_not_allowed\`.`;

const headers: OpenApiDocument['components']['headers'] = {
  'X-Request-Id': {
    description: 'Random, new for each answer: what to look for in the log.',
    required: true,
    schema: { type: 'string', format: 'uuid' },
  },
  'Retry-After': {
    description: 'After so many seconds the same call can succeed.',
    schema: { type: 'integer', minimum: 1 },
  },
  RateLimit: {
    description: 'The limit that refuses: `r` are left, in `t` seconds there are more.',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': { description: 'The limit that refuses: `q` in any `w` seconds.', schema: { type: 'string' } },
  'Idempotency-Replayed': {
    description: '`true` where the answer is that of an earlier request with the same `Idempotency-Key`.',
    schema: { type: 'string', const: 'true' },
  },
  'WWW-Authenticate': { description: 'How to say who calls (RFC 6750).', schema: { type: 'string' } },
};

/** Describes routes. `keyed` is false where nobody is asked for a key. */
export function openApiDocument(
  routes: readonly Route[],
  { serverUrl, keyed }: { serverUrl: string; keyed: boolean },
): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {};
  const groups = new Set<RouteDocs['group']>();
  for (const route of routes) {
    if (route.docs === undefined) continue;
    groups.add(route.docs.group);
    (paths[route.path] ??= {})[route.method] = operation(route, route.docs, keyed);
  }
  return {
    openapi: '3.1.1',
    info: { title: 'phoneproof', version: '1', description },
    servers: [{ url: serverUrl }],
    security: keyed ? [{ apiKey: [] }] : [],
    tags: [...groups].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: keyed ? { apiKey: { type: 'http', scheme: 'bearer' } } : {},
      headers,
      schemas: { ...namedSchemas(wire), ...namedSchemas(problemSchemas) },
    },
  };
}

function operation(route: Route, docs: RouteDocs, keyed: boolean): OpenApiOperation {
  const { input, takes } = route;
  return {
    operationId: docs.id,
    tags: [docs.group],
    summary: docs.title,
    description: docs.about,
    ...(route.open && keyed ? { security: [] } : {}),
    ...(input && takes !== 'body' ? { parameters: parameters(route.path, toJsonSchema(input)) } : {}),
    ...(route.once ? { parameters: [idempotencyKey] } : {}),
    ...(input && takes === 'body'
      ? { requestBody: { required: true, content: { 'application/json': media(input) } } }
      : {}),
    ...(takes === 'bytes' ? { requestBody: { required: true, content: { '*/*': { schema: {} } } } } : {}),
    responses: { ...goodResponses(route, docs), ...problemResponses(route, docs, keyed) },
  };
}

const idempotencyKey: OpenApiParameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Makes the call safe to repeat: chosen anew for each thing that is to be done, such as a UUID (draft-ietf-httpapi-idempotency-key-header; quotes are ' +
    'optional). For 24 hours the same key with the same body gets the same answer, and nothing is done again: no text is sent, no check is spent. Kept are ' +
    'answers of 2xx, 403, 404, 410 and 422; after any other the key is free, and the same request is a new try.',
  schema: { type: 'string', minLength: 1, maxLength: 257, examples: ['"0b6d1a52-8f3e-4c57-9d0a-6f0e8f0c2b11"'] },
};

function parameters(path: string, { properties = {}, required = [] }: JsonSchema): OpenApiParameter[] {
  return Object.entries(properties).map(([name, property]) => {
    const { description: itsDescription, ...schema } = property as JsonSchema;
    return {
      name,
      in: path.includes(`{${name}}`) ? 'path' : 'query',
      required: required.includes(name),
      description: itsDescription,
      schema,
    };
  });
}

function goodResponses(route: Route, docs: RouteDocs): Record<string, OpenApiResponse> {
  return Object.fromEntries(
    Object.entries(docs.answers).map(([status, { when, schema }]) => [
      status,
      {
        description: when,
        headers: headerRefs(['X-Request-Id', ...replayedAt(route, Number(status))]),
        ...(schema ? { content: { 'application/json': media(schema) } } : {}),
      },
    ]),
  );
}

function problemResponses(route: Route, docs: RouteDocs, keyed: boolean): Record<string, OpenApiResponse> {
  const codes: ProblemCode[] = [...docs.problems];
  if (route.input && route.takes !== 'bytes') codes.push('invalid_request');
  if (route.method === 'post') codes.push('payload_too_large');
  if (route.method === 'post' && route.takes !== 'bytes') codes.push('unsupported_media_type');
  if (route.once) codes.push('request_in_progress', 'idempotency_key_reused');
  if (!route.open) codes.push('store_unavailable', 'internal_error');
  if (!route.open && keyed) codes.push('unauthorized');
  const responses: Record<string, OpenApiResponse> = {};
  for (const status of new Set(codes.map((code) => problems[code].status))) {
    const ofStatus = codes.filter((code) => problems[code].status === status);
    responses[status] = {
      description: ofStatus.map((code) => `\`${code}\`: ${problems[code].when}`).join('\n\n'),
      headers: headerRefs(['X-Request-Id', ...(headersOfStatus[status] ?? []), ...replayedAt(route, status)]),
      content: { 'application/problem+json': problemMedia(ofStatus) },
    };
  }
  return responses;
}

const headersOfStatus: Record<number, string[]> = {
  401: ['WWW-Authenticate'],
  409: ['Retry-After'],
  429: ['Retry-After', 'RateLimit', 'RateLimit-Policy'],
  502: ['Retry-After'],
  503: ['Retry-After'],
};

function replayedAt({ once }: Route, status: number): string[] {
  return once && isKept(status) ? ['Idempotency-Replayed'] : [];
}

function headerRefs(names: readonly string[]): Record<string, { $ref: string }> {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function media(schema: z.ZodType): OpenApiMedia {
  const name = wire.get(schema)?.id;
  const jsonSchema = name === undefined ? toJsonSchema(schema) : { $ref: schemaRef(name) };
  const examples = schema.meta()?.examples as unknown[] | undefined;
  return { schema: jsonSchema, ...(examples ? { examples: numbered(examples) } : {}) };
}

function numbered(examples: readonly unknown[]): Record<string, { value: unknown }> {
  return Object.fromEntries(examples.map((value, i) => [`example${i + 1}`, { value }]));
}

function problemMedia(codes: readonly ProblemCode[]): OpenApiMedia {
  const refs = codes.map((code) => ({ $ref: schemaRef(problemName(code)) }));
  const [only] = refs;
  return {
    schema: refs.length === 1 && only ? only : { oneOf: refs },
    examples: Object.fromEntries(codes.map((code) => [code, { value: problemExample(code) }])),
  };
}

/** `incorrect_code`: `IncorrectCodeProblem`. */
function problemName(code: ProblemCode): string {
  return `${code.replaceAll(/(?:^|_)(.)/g, (_, letter: string) => letter.toUpperCase())}Problem`;
}

const problemSchemas = z.registry<{ id: string }>();
for (const code of Object.keys(problems) as ProblemCode[]) {
  z.object({
    type: z
      .string()
      .meta({ format: 'uri-reference', description: 'Leads to what is said of the code in the reference.' }),
    title: z.string().meta({ description: 'The code, for people.' }),
    status: z.literal(problems[code].status),
    detail: z.string().meta({ description: 'A sentence for people. Never to be parsed.' }),
    code: z.literal(code),
    request_id: z.string().meta({ format: 'uuid', description: 'The same as `X-Request-Id`.' }),
    ...problemMembers[code]?.shape,
  })
    .meta({ description: problems[code].when })
    .register(problemSchemas, { id: problemName(code) });
}

function problemExample(code: ProblemCode): object {
  const { status, title, detail } = problems[code];
  const request_id = '7f1c9c56-0d5c-4b4e-9a53-2f6f0c6d7b1e';
  return { type: `/docs#${code}`, title, status, detail, code, request_id, ...problemMembers[code]?.example };
}

function schemaRef(name: string): string {
  return `#/components/schemas/${name}`;
}

function toJsonSchema(schema: z.ZodType): JsonSchema {
  return bare(z.toJSONSchema(schema, { io: 'input' }));
}

function namedSchemas(registry: typeof wire): Record<string, JsonSchema> {
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: schemaRef });
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, bare(schema)]));
}

/** OpenAPI names dialect and place of its schemas itself. */
function bare({ $schema: _dialect, $id: _place, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
