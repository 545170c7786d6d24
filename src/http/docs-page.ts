import { html, raw } from 'hono/html';
import { docsStyle } from './docs-style.ts';
import type { JsonSchema, OpenApiDocument, OpenApiMedia, OpenApiOperation, OpenApiResponse } from './openapi.ts';
import { problems, type ProblemCode } from './problem.ts';

type Html = ReturnType<typeof html>;

/** Stands in a page for the origin that it is seen at. RFC 6761 section 6.4: nothing is called so. */
export const anyOrigin = 'http://origin.invalid';

/** One call as the page shows it. */
interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: OpenApiOperation;
}

/** Renders an OpenAPI document as a page that needs nothing else: no script, no request, `docsStyle` as its only style. */
export async function docsPage(document: OpenApiDocument): Promise<string> {
  const entries = Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
  );
  const groups = document.tags.map(({ name }) => ({
    name,
    entries: entries.filter(({ operation }) => operation.tags.includes(name)),
  }));
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${document.info.title} API</title>
        ${
          // The page's policy knows this text by its hash: not a space may be added.
          raw(`<style>${docsStyle}</style>`)
        }
      </head>
      <body>
        <a class="skip" href="#top">To the content</a>
        ${sidebar(document, groups)}
        <main id="top">
          ${introduction(document)}
          ${groups.map(
            ({ name, entries: calls }) =>
              html`<h2>${name}</h2>
                ${calls.map((entry) => call(document, entry))}`,
          )}
          ${problemList()}
        </main>
      </body>
    </html>`;
  return page.toString();
}

function sidebar(document: OpenApiDocument, groups: readonly { name: string; entries: readonly Entry[] }[]): Html {
  return html`<nav aria-label="Calls">
    <p class="brand">
      <a href="#top">phone<b>proof</b></a
      ><small>API v${document.info.version}</small>
    </p>
    ${groups.map(
      ({ name, entries }) =>
        html`<p class="group">${name}</p>
          <ul>
            ${entries.map(
              ({ method, operation }) =>
                html`<li>
                  <a href="#${operation.operationId}">${operation.summary} ${methodBadge(method)}</a>
                </li>`,
            )}
          </ul>`,
    )}
    <p class="group">Reference</p>
    <ul>
      <li><a href="#problems">Problem codes</a></li>
      <li><a href="openapi.json">openapi.json</a></li>
    </ul>
  </nav>`;
}

function introduction(document: OpenApiDocument): Html {
  const [server] = document.servers;
  return html`<header>
    <h1>${document.info.title} API</h1>
    ${prose(document.info.description)}
    <dl class="facts">
      <div>
        <dt>Address</dt>
        <dd><code>${server?.url}</code></dd>
      </div>
      <div>
        <dt>Key</dt>
        <dd>
          ${
            document.security.length > 0
              ? html`<code>Authorization: Bearer &lt;API key&gt;</code>`
              : html`None is asked for: this is a development service.`
          }
        </dd>
      </div>
    </dl>
  </header>`;
}

function call(document: OpenApiDocument, { method, path, operation }: Entry): Html {
  const body = operation.requestBody?.content['application/json'];
  const responses = Object.entries(operation.responses);
  const good = responses.filter(([status]) => status < '300');
  const answered = good[0]?.[1].content?.['application/json'];
  const codes = responses.filter(([status]) => status >= '300').flatMap(([, response]) => codesOf(response));
  return html`<section id="${operation.operationId}">
    <div class="telling">
      <h3><a href="#${operation.operationId}">${operation.summary}</a></h3>
      <p class="endpoint">${methodBadge(method)} <code>${breakable(path)}</code></p>
      ${prose(operation.description)}
      ${
        operation.parameters
          ? html`<h4>${operation.parameters[0]?.in === 'header' ? 'Headers' : 'Path and query'}</h4>
              <dl class="fields">
                ${operation.parameters.map(({ name, required, description = '', schema }) =>
                  field(document, name, { ...schema, description }, required),
                )}
              </dl>`
          : ''
      }
      ${
        body
          ? html`<h4>Body</h4>
              ${fields(document, body.schema)}`
          : ''
      }
      <h4>Answers</h4>
      ${good.map(([status, { description }]) => html`<p><b class="status">${status}</b> ${inline(description)}</p>`)}
      ${
        answered
          ? html`<details>
              <summary>Fields of the answer</summary>
              ${fields(document, answered.schema)}
            </details>`
          : ''
      }
      ${
        codes.length > 0
          ? html`<h4>Problems</h4>
              <ul class="codes">
                ${codes.map(
                  (code) =>
                    html`<li>
                      <a href="#${code}"><b>${problems[code].status}</b> ${breakable(code)}</a>
                    </li>`,
                )}
              </ul>`
          : ''
      }
    </div>
    <div class="showing">
      ${requestExamples(document, { method, path, operation }, body)}
      ${answerExamples(good.map(([status]) => status).join(' or '), answered)}
    </div>
  </section>`;
}

function requestExamples(document: OpenApiDocument, { method, path, operation }: Entry, body?: OpenApiMedia): Html[] {
  const server = document.servers[0]?.url ?? '';
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const example = operation.parameters?.find((parameter) => parameter.name === name)?.schema.examples?.[0];
    return encodeURIComponent(typeof example === 'string' ? example : name);
  });
  const lines = [`curl${method === 'get' ? '' : ` -X ${method.toUpperCase()}`} ${shellWord(server + filled)}`];
  if (document.security.length > 0 && operation.security === undefined) {
    lines.push('-H "Authorization: Bearer $PHONEPROOF_API_KEY"');
  }
  const examples = body ? Object.values(body.examples ?? {}) : [undefined];
  return examples.map((example) => {
    if (example === undefined) return figure('Request', lines.join(' \\\n  '));
    const json = JSON.stringify(example.value, null, 2).replaceAll('\n', '\n  ');
    const [first] = Object.keys(example.value as object);
    const title = examples.length > 1 ? `Request with ${first}` : 'Request';
    return figure(title, [...lines, "-H 'Content-Type: application/json'", `-d ${shellWord(json)}`].join(' \\\n  '));
  });
}

function answerExamples(statuses: string, answered?: OpenApiMedia): Html | Html[] {
  const examples = Object.values(answered?.examples ?? {});
  if (examples.length === 0) return figure(`Answer ${statuses}`, 'No body.');
  return examples.map(({ value }) => figure(`Answer ${statuses}`, colored(value)));
}

function problemList(): Html {
  return html`<h2 id="problems">Problem codes</h2>
    <p>What is not a good answer is one of these. The words are stable, the sentences are not.</p>
    <dl class="problems">
      ${Object.entries(problems).map(
        ([code, { status, when }]) =>
          html`<div id="${code}">
            <dt><b class="status">${status}</b> <code>${breakable(code)}</code></dt>
            <dd>${inline(when)}</dd>
          </div>`,
      )}
    </dl>`;
}

function fields(document: OpenApiDocument, given: JsonSchema): Html {
  const schema = resolved(document, given);
  const variants = schema.properties ? [schema] : (schema.oneOf ?? []).map((variant) => resolved(document, variant));
  const names = new Set(variants.flatMap(({ properties = {} }) => Object.keys(properties)));
  return html`${schema.description ? prose(schema.description) : ''}
    <dl class="fields">
      ${[...names].map((name) => {
        const having = variants.flatMap(({ properties }) =>
          properties?.[name] ? [resolved(document, properties[name])] : [],
        );
        const always = variants.every(({ required = [] }) => required.includes(name));
        const [first = {}] = having;
        const constants = having.flatMap(({ const: value }) => (value === undefined ? [] : [value]));
        return field(
          document,
          name,
          constants.length > 1 ? { ...first, const: undefined, enum: constants } : first,
          always,
        );
      })}
    </dl>`;
}

function field(document: OpenApiDocument, name: string, schema: JsonSchema, required: boolean): Html {
  const item = schema.type === 'array' && schema.items ? (schema.items as JsonSchema) : undefined;
  return html`<div>
    <dt><code>${name}</code> <span>${typeOf(schema)}${required ? '' : ', optional'}</span></dt>
    <dd>${inline(schema.description ?? '')} ${item ? fields(document, item) : ''}</dd>
  </div>`;
}

function typeOf(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  if (schema.type === undefined && schema.anyOf) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.type === 'array') return 'array of objects';
  return schema.format ?? String(schema.type ?? 'string');
}

function resolved(document: OpenApiDocument, schema: JsonSchema | boolean): JsonSchema {
  if (typeof schema === 'boolean') return {};
  const name = schema.$ref?.split('/').at(-1);
  return name === undefined ? schema : (document.components.schemas[name] ?? {});
}

function codesOf({ content }: OpenApiResponse): ProblemCode[] {
  return Object.keys(content?.['application/problem+json']?.examples ?? {}) as ProblemCode[];
}

function methodBadge(method: string): Html {
  return html`<span class="method ${method}">${method.toUpperCase()}</span>`;
}

function figure(title: string, content: string | Html): Html {
  return html`<figure>
    <figcaption>${title}</figcaption>
    <pre><code>${content}</code></pre>
  </figure>`;
}

/** Paragraphs, with code in backticks. */
function prose(text: string): Html[] {
  return text.split('\n\n').map((paragraph) => html`<p>${inline(paragraph)}</p>`);
}

function inline(text: string): Html[] {
  return text.split('`').map((part, i) => (i % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}

/** Long paths and codes may break where a word ends. */
function breakable(text: string): Html[] {
  return text.split(/(?<=[/_])/).map((part) => html`${part}<wbr />`);
}

const jsonToken = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null|-?\d+(?:\.\d+)?)\b/g;

/** JSON over several lines, its keys and values marked. */
function colored(value: unknown): Html {
  const text = JSON.stringify(value, null, 2);
  const parts: (string | Html)[] = [];
  let end = 0;
  for (const match of text.matchAll(jsonToken)) {
    const [token, string, colon] = match;
    parts.push(text.slice(end, match.index));
    parts.push(
      string === undefined
        ? html`<span class="atom">${token}</span>`
        : html`<span class="${colon === undefined ? 'string' : 'key'}">${string}</span>${colon ?? ''}`,
    );
    end = match.index + token.length;
  }
  return html`${parts}${text.slice(end)}`;
}

/**
 * Puts the origin that a page is seen at (as `URL` gives it) in place of `anyOrigin`, at a small part of the cost of making the page. In curl lines
 * it is quoted for the shell where it needs to be.
 */
export function seenAt(origin: string, page: string): string {
  return page
    .replaceAll(
      /(<code>curl (?:-X \w+ )?)http:\/\/origin\.invalid([^\s<]*)/g,
      (_, curl: string, path: string) => curl + escaped(shellWord(origin + path)),
    )
    .replaceAll(anyOrigin, () => escaped(origin));
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => entities[character] ?? '');
}

/** A word that no shell reads anything into. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
