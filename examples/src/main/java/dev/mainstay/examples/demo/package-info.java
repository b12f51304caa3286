/**
 * One service, one outage, two ways of calling: bare timeouts and retries, then a Mainstay pipeline. {@link
 * dev.mainstay.examples.demo.Demo} runs it.
 */
@NullMarked
package dev.mainstay.examples.demo;

import org.jspecify.annotations.NullMarked;
