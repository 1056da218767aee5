import { type ComponentType, type ReactNode, useEffect, useState } from "react";
import { Notice } from "@/shared/page/notice";
import { Skeleton } from "@/shared/ui/skeleton";
import { reloadIfNewRelease } from "./new-release";
import { reloadPage } from "./reload";

/** A part of the page in a file of its own. */
export type LazyComponent<Props> = ComponentType<Props> & {
  /** Begins to load it, for what is likely to be shown next. A failure is not reported. */
  preload(): void;
};

interface Options {
  /** What a screen reader hears when loading takes long enough to be noticed. A message is read when it is shown. */
  label: string | (() => string);
  lines?: number;
  /** The frame around the component while it is not loaded, if the component has a frame of its own. */
  frame?: ComponentType<{ children: ReactNode }>;
}

/**
 * Makes a part that is loaded when it is first shown. Unlike React.lazy it shows at once what has been loaded already,
 * tries again the next time after a failure, and has a way on when the file is not to be had.
 */
export function lazyComponent<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  { label, lines, frame: Frame = Bare }: Options,
): LazyComponent<Props> {
  let Loaded: ComponentType<Props> | undefined;
  let loading: Promise<void> | undefined;

  const loadOnce = () => {
    loading ??= load().then(
      (component) => {
        Loaded = component;
      },
      (error) => {
        loading = undefined;
        throw error;
      },
    );
    return loading;
  };

  function LoadedComponent(props: Props) {
    const [state, setState] = useState<"loading" | "loaded" | "failed">("loading");

    useEffect(() => {
      let gone = false;
      const settle = (next: typeof state) => {
        if (!gone) setState(next);
      };
      loadOnce().then(
        () => settle("loaded"),
        async () => {
          if (!gone && !(await reloadIfNewRelease())) settle("failed");
        },
      );
      return () => {
        gone = true;
      };
    }, []);

    if (Loaded !== undefined) return <Loaded {...props} />;
    if (state !== "failed") {
      return (
        <Frame>
          <Skeleton
            label={typeof label === "string" ? label : label()}
            {...(lines === undefined ? {} : { lines })}
          />
        </Frame>
      );
    }
    return (
      <Frame>
        <Notice title="This page could not be loaded">
          <p role="alert">A part of it did not arrive. Check your network connection, then reload.</p>
          <button type="button" className="button button-primary" onClick={reloadPage}>
            Reload
          </button>
        </Notice>
      </Frame>
    );
  }

  return Object.assign(LoadedComponent, {
    preload: () => {
      loadOnce().catch(() => {}); // it is tried again, and said, when the part is shown
    },
  });
}

function Bare({ children }: { children: ReactNode }) {
  return children;
}
