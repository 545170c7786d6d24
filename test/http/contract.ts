import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { JsonSchema, OpenApiDocument, OpenApiOperation } from '../../src/http/openapi.ts';

/** An answer as it came over the wire. `body` is parsed JSON, or the text of anything else; null when there is none. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Record<string, unknown>;
}

/** Judges answers by what a document says of them. */
export interface Contract {
  /** Which operation a request is for; undefined: none that is documented. */
  operationOf(method: string, path: string): OpenApiOperation | undefined;
  /** Everything about an answer that is not as documented. */
  faults(method: string, path: string, answer: Answer): string[];
}

const place = 'https://openapi.test/document';
const common = ['content-type', 'cache-control', 'content-security-policy', 'x-content-type-options'];

const made = new Map<string, Contract>();

/** The judge of a document. Its schemas are taken as closed: a field that is not documented is a fault. */
export function contractOf(document: OpenApiDocument): Contract {
  const text = JSON.stringify(document);
  let contract = made.get(text);
  if (!contract) made.set(text, (contract = makeContract(document)));
  return contract;
}

function makeContract(document: OpenApiDocument): Contract {
  const ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true });
  addFormats.default(ajv);
  ajv.addVocabulary(['openapi', 'info', 'servers', 'security', 'tags', 'paths', 'components']);
  const closed: unknown = JSON.parse(JSON.stringify(document), (_, value: JsonSchema) =>
    value?.type === 'object' && value.properties ? { ...value, additionalProperties: false } : value,
  );
  ajv.addSchema({ ...(closed as OpenApiDocument), $id: place });
  const validators = new Map<string, ValidateFunction>();

  function validator(pointer: readonly string[]): ValidateFunction {
    const $ref = `${place}#/${pointer.map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/')}`;
    let validate = validators.get($ref);
    if (!validate) validators.set($ref, (validate = ajv.compile({ $ref })));
    return validate;
  }

  function operationAt(method: string, path: string) {
    const name = method === 'HEAD' ? 'get' : method.toLowerCase();
    const [bare = ''] = path.split('?');
    const matching = Object.entries(document.paths).flatMap(([template, operations]) => {
      const operation = operations[name as 'get'];
      const matches = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(bare);
      return operation && matches ? [{ template, name, operation }] : [];
    });
    return matching.find(({ template }) => template === bare) ?? matching[0];
  }

  return {
    operationOf: (method, path) => operationAt(method, path)?.operation,
    faults(method, path, answer) {
      const faults: string[] = [];
      const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
      const found = operationAt(method, path);
      const response = found?.operation.responses[answer.status];
      let pointer: string[] | undefined;
      if (found && response) {
        const named = Object.keys(response.headers).map((name) => name.toLowerCase());
        for (const name of answer.headers.keys()) {
          if (![...named, ...common].includes(name)) faults.push(`${name} is not documented`);
        }
        if (!response.content) {
          if (answer.text) faults.push('a body is not documented');
        } else if (type in response.content) {
          const content = ['responses', String(answer.status), 'content', type, 'schema'];
          pointer = ['paths', found.template, found.name, ...content];
        } else {
          faults.push(`${type} is not documented`);
        }
      } else if (found) {
        faults.push(`${answer.status} is not documented`);
      } else {
        pointer = ['components', 'schemas', answer.status === 405 ? 'MethodNotAllowedProblem' : 'NotFoundProblem'];
      }
      if (pointer && method !== 'HEAD') {
        const validate = validator(pointer);
        if (!validate(answer.body)) faults.push(ajv.errorsText(validate.errors));
      }
      return faults;
    },
  };
}
