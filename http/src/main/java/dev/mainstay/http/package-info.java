/**
 * HTTP: what an answer or a failure means to policies ({@link dev.mainstay.http.HttpRules}), what travels in headers
 * ({@link dev.mainstay.http.CallHeaders}, {@link dev.mainstay.http.RetryAfter}), and the JDK's client with policies
 * around it ({@link dev.mainstay.http.ResilientHttpClient}). All but the client know nothing of any HTTP library.
 */
@NullMarked
package dev.mainstay.http;

import org.jspecify.annotations.NullMarked;
