import { render } from 'preact';
import { InboxPage } from './inbox-page.tsx';
import { followInbox } from './live.ts';
import './theme.css';
import './controls.css';
import './header.css';
import './phone.css';
import './inbox.css';

followInbox();
render(<InboxPage />, document.getElementById('page')!);
