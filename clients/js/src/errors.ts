// What a call is rejected with.

/** One thing that is wrong with what was sent. */
export interface FieldError {
  field?: string;
  reason: string;
  index?: number;
}

/** The service said no; `status`, `field` and `errors` are those of its problem+json. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  constructor(
    readonly status: number,
    detail: string,
    readonly field: string | null = null,
    readonly errors: FieldError[] = [],
    readonly requestId: string | null = null,
  ) {
    super(detail);
  }
}

/** The service did not answer: it cannot be reached, or took too long. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}
