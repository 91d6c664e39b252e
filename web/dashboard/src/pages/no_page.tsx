// What stands where a page would: there is none, or it is not for this user.

import { PageTitle } from "../ui/card";
import { Empty } from "../ui/states";

export function NoPage({ text }: { text: string }) {
  return (
    <>
      <PageTitle title="Twizy V2X" />
      <Empty text={text} icon="map" />
    </>
  );
}
