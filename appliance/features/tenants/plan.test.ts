import { type RuleCase, ruleTests } from '../../../test/kit/rules.ts';
import { suite } from '../../../test/kit/suite.ts';
import { tenantErrors } from './errors.ts';

const test = suite('tenants: rules');

const cases: readonly RuleCase[] = [
  ['a tenant', 'tenants: {red: {table: 110}, blue: {table: 61439}}\n'],
  [
    "a table of the kernel's own",
    'tenants: {red: {table: 254}}\n',
    "f:5:24  TENANT_TABLE_RESERVED  254 is the kernel's table main. Take a number that nobody uses, such as 110.",
  ],
  [
    'one table for two tenants',
    'tenants:\n  red: {table: 110}\n  blue: {table: 110}\n',
    "f:7:17  TENANT_TABLE_DUPLICATE  Table 110 is already red's (line 6). Each tenant has a table of its own.",
  ],
];

ruleTests(test, cases, tenantErrors);

test.run();
