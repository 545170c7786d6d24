import { render } from 'preact';
import { InboxPage } from './inbox-page.tsx';
import { connect } from './state.ts';
import './theme.css';
import './header.css';
import './phone.css';
import './inbox.css';

connect();
render(<InboxPage />, document.getElementById('page')!);
