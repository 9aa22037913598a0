// The form of a new channel.
import { useState } from 'react';
import { call } from '../api';
import { useMay } from '../may';
import { Act, Field } from '../ui';
import { list } from './rule_draft';

// How each type names where it goes, and what it is called in its config.
const TYPES: Record<string, [label: string, key: string, example: string]> = {
  email: ['Addresses', 'to', 'on-call@example.com'], slack: ['Address of the incoming webhook', 'url', 'https://hooks.slack.com/services/…'], teams: ['Address of the workflow', 'url', 'https://…'],
  pagerduty: ['Routing key', 'routingKey', '32 letters and digits'], webhook: ['Address', 'url', 'https://…'],
};

export function NewChannel({ done }: { done: () => void }) {
  const may = useMay();
  const [name, setName] = useState('');
  const [type, setType] = useState('email');
  const [to, setTo] = useState('');
  const [label, key, example] = TYPES[type]!;
  const add = () => call('POST', '/channels', { name, type, config: { [key]: type === 'email' ? list(to) : to.trim() } });
  if (!may('manage')) return null;
  return (
    <>
      <h2 className="below">New channel</h2>
      <div className="form row">
        <Field label="Name"><input value={name} onChange={(event) => setName(event.target.value)} placeholder="on call" /></Field>
        <Field label="Type"><select value={type} onChange={(event) => { setType(event.target.value); setTo(''); }}>{Object.keys(TYPES).map((each) => <option key={each}>{each}</option>)}</select></Field>
        <Field label={label}><input value={to} onChange={(event) => setTo(event.target.value)} placeholder={example} /></Field>
        <Act kind="primary" name="Add" run={add} done={() => { setName(''); setTo(''); done(); }} />
      </div>
    </>
  );
}
