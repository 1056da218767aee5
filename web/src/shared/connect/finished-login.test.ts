import { expect, test } from "vitest";
import { rememberFinishedLogin, takeFinishedLogin } from "./finished-login";

const login = { forService: "cs_1", connection: "con-1" };

test("a login is known to the page that it was for, once", () => {
  rememberFinishedLogin(login);
  expect(takeFinishedLogin("cs_1")).toEqual(login);
  expect(takeFinishedLogin("cs_1")).toBeUndefined();
});

test("a login for another connect session is none for this one, nor later", () => {
  rememberFinishedLogin(login);
  expect(takeFinishedLogin("cs_2")).toBeUndefined();
  expect(takeFinishedLogin("cs_1")).toBeUndefined();
});

test.each(["", "null", "[]", '{"forService":"cs_1"}', "{"])(
  "garbage in the storage (%j) is no login",
  (text) => {
    sessionStorage.setItem("upstash-connect.finished-login", text);
    expect(takeFinishedLogin("cs_1")).toBeUndefined();
  },
);
