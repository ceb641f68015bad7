// What a client, a key or a user may do and spend: the server's object, and the form's texts.
export interface Limits {
  requests_per_minute?: number;
  tokens_per_minute?: number;
  input_tokens_per_minute?: number;
  output_tokens_per_minute?: number;
  tokens_per_day?: number;
  concurrent?: number;
  cost_per_day?: string | number;
  cost_per_month?: string | number;
}

export interface Terms {
  providers?: string[];
  models?: string[];
  ip_allow?: string[];
  expires?: string;
  limits?: Limits;
  shadow?: boolean;
  markup?: string | number;
  trace?: boolean;
}

export const countLimits = ['requests_per_minute', 'tokens_per_minute', 'input_tokens_per_minute', 'output_tokens_per_minute', 'tokens_per_day', 'concurrent'] as const;
export const costLimits = ['cost_per_day', 'cost_per_month'] as const;
export const providers = ['vertex', 'vertex-claude', 'anthropic', 'gemini'] as const;

export interface TermsForm {
  providers: string[];
  models: string[];
  ip_allow: string[];
  expires: string | null;
  limits: Record<keyof Limits, string>;
  shadow: boolean;
  markup: string;
  trace: boolean;
}

export function formOf(terms: Terms | undefined | null): TermsForm {
  const limits = {} as Record<keyof Limits, string>;
  for (const name of [...countLimits, ...costLimits]) limits[name] = String(terms?.limits?.[name] ?? '');
  return {
    providers: [...(terms?.providers ?? [])],
    models: [...(terms?.models ?? [])],
    ip_allow: [...(terms?.ip_allow ?? [])],
    expires: terms?.expires ?? null,
    limits,
    shadow: terms?.shadow ?? false,
    markup: String(terms?.markup ?? ''),
    trace: terms?.trace ?? false,
  };
}

/** Only what differs from nothing at all: the server takes empty lists and zero limits for mistakes. */
export function termsOf(form: TermsForm): Terms {
  const terms: Terms = {};
  if (form.providers.length > 0) terms.providers = [...form.providers];
  if (form.models.length > 0) terms.models = [...form.models];
  if (form.ip_allow.length > 0) terms.ip_allow = [...form.ip_allow];
  if (form.expires) terms.expires = form.expires;
  const limits: Limits = {};
  for (const name of countLimits) if (form.limits[name].trim() !== '') limits[name] = Number(form.limits[name]);
  for (const name of costLimits) if (form.limits[name].trim() !== '') limits[name] = form.limits[name].trim();
  if (Object.keys(limits).length > 0) terms.limits = limits;
  if (form.shadow) terms.shadow = true;
  if (form.markup.trim() !== '') terms.markup = form.markup.trim();
  if (form.trace) terms.trace = true;
  return terms;
}
