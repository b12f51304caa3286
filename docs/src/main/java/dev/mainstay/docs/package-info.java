/** The code samples of the documentation, compiled and run as tests. */
package dev.mainstay.docs;
