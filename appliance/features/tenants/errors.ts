import { SixgateError } from '../../model/errors.ts';
import { formatPath, type PathStep } from '../../model/path.ts';

/** Every code of this feature, with what it means. */
export const tenantErrors = {
  TENANT_TABLE_RESERVED: "The table is one of the kernel's own.",
  TENANT_TABLE_DUPLICATE: 'Two tenants have the same table.',
} as const;

export type TenantErrorCode = keyof typeof tenantErrors;

/** An error at a place below `tenants`. */
export function tenantError(
  code: TenantErrorCode,
  path: readonly PathStep[],
  sentence: string,
  hint: string,
  more: { otherPath?: string } = {},
): SixgateError {
  return new SixgateError(code, sentence, { path: formatPath(['tenants', ...path]), hint, ...more });
}
