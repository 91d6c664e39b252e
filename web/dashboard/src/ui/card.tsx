// A card: one thing with its title, and what can be done with it at the title's end.

import type { ComponentChildren } from "preact";
import { Icon } from "./icon";
import type { IconName } from "./icon";

interface CardProps {
  title: string;
  icon?: IconName;
  area?: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
}

export function Card({ title, icon, area = "", actions, children }: CardProps) {
  return (
    <section class={`card ${area}`} aria-label={title}>
      <header>
        <h2>
          {icon && <Icon name={icon} size={18} />}
          {title}
        </h2>
        {actions !== undefined && <div class="actions">{actions}</div>}
      </header>
      {children}
    </section>
  );
}

/** The title of a page. It takes the focus when the page comes, so that it is read out. */
export function PageTitle({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="page-title">
      <h1 tabIndex={-1} id="page-title">
        {title}
      </h1>
      {children !== undefined && <div class="actions">{children}</div>}
    </div>
  );
}

/** A name and what it is: rows of a list of facts. */
export function Facts({ of }: { of: readonly (readonly [string, ComponentChildren])[] }) {
  return (
    <dl class="facts">
      {of.map(([name, what]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Figure({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="figure">
      <span class="figure-name">{name}</span>
      <span class="figure-value">{children}</span>
    </div>
  );
}
