/** Endpoints through the door. */
import { suite } from '../kit/suite.ts';
import { endpointTests } from './endpoint.ts';

const test = suite('SRv6: endpoints by the door');
endpointTests(test, 'door');
test.run();
