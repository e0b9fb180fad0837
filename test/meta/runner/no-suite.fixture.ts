import { assert } from '../../kit/suite.ts';

export const unused = assert;
