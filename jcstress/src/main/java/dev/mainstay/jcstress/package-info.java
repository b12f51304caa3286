/**
 * Runs what jcstress finds in this module. The tests lie in the packages of what they test, each under the name of the
 * claim that it proves.
 */
@NullMarked
package dev.mainstay.jcstress;

import org.jspecify.annotations.NullMarked;
