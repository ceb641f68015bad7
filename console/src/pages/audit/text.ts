import { words } from '../../lib/locale.svelte';

export const t = words(
  {
    title: 'Audit log',
    text: 'Every change: who made it, when, from where. Secrets are never in it.',
    at: 'When',
    actor: 'Who',
    action: 'What',
    subject: 'On what',
    address: 'From',
    detail: 'Details',
    empty: 'Nothing was changed yet',
    empty_text: 'What is done here, by the command line or by the API appears in this list.',
  },
  {
    title: '审计日志',
    text: '记录每一次更改：何人、何时、从何处。绝不包含机密。',
    at: '时间',
    actor: '操作者',
    action: '操作',
    subject: '对象',
    address: '来源',
    detail: '详情',
    empty: '还没有任何更改',
    empty_text: '通过控制台、命令行或 API 所做的操作都会列在这里。',
  },
);
