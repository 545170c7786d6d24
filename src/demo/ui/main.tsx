import { render } from 'preact';
import { followInbox } from '../../inbox/ui/live.ts';
import { DemoPage } from './demo-page.tsx';
import '../../inbox/ui/theme.css';
import '../../inbox/ui/controls.css';
import '../../inbox/ui/header.css';
import '../../inbox/ui/phone.css';
import './demo.css';

followInbox();
render(<DemoPage />, document.getElementById('page')!);
