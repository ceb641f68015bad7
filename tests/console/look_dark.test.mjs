import { lookAtAll } from './look.mjs';

lookAtAll('dark');
