/** The part of Swagger UI that is used here; the package brings no types. */
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  import type { ComponentType } from "react";

  export interface ViewerRequest {
    url: string;
    headers: Record<string, string>;
  }

  export type Wrap = (original: ComponentType<Record<string, unknown>>, system: ViewerSystem) => unknown;

  export interface ViewerSystem {
    React: typeof import("react");
  }

  export interface ViewerOptions {
    domNode: Element;
    url: string;
    deepLinking: boolean;
    docExpansion: "list";
    defaultModelsExpandDepth: number;
    persistAuthorization: boolean;
    queryConfigEnabled: boolean;
    validatorUrl: null;
    syntaxHighlight: { activated: boolean };
    requestInterceptor: (request: ViewerRequest) => ViewerRequest;
    plugins: { wrapComponents: Record<string, Wrap> }[];
  }

  export default function SwaggerUI(options: ViewerOptions): unknown;
}
