/// Long work ended before its end because whoever started it asked for that.
package struct Stopped: Error {
    /// Says so.
    package init() {}
}
