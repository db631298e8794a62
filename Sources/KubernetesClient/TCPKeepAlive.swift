import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Has the kernel notice that the other end of a connection has vanished, where the protocol has no pings: HTTP/1.1.
///
/// As patient as a ``Heartbeat``, but it asks the kernel at the other end: a program that hangs there is not noticed so.
///
/// Source: `tcp(7)`.
enum TCPKeepAlive {
    /// Sets the options of `channel`'s socket, those that its kernel has: a connection without is better than none.
    static func install(on channel: any Channel) -> EventLoopFuture<Void> {
        let idle = Heartbeat.usualInterval.nanoseconds / 1_000_000_000
        let patience = Heartbeat.usualPatience.nanoseconds / 1_000_000_000
        let probes: Int64 = 2
        var options: [(NIOBSDSocket.OptionLevel, NIOBSDSocket.Option, Int64)] = [(.socket, .so_keepalive, 1)]
        #if os(Linux)
            options += [
                (.tcp, NIOBSDSocket.Option(rawValue: TCP_KEEPIDLE), idle),
                (.tcp, NIOBSDSocket.Option(rawValue: TCP_KEEPINTVL), patience / probes),
                (.tcp, NIOBSDSocket.Option(rawValue: TCP_KEEPCNT), probes),
                // What was sent must be acknowledged in the same time, in milliseconds.
                (.tcp, NIOBSDSocket.Option(rawValue: TCP_USER_TIMEOUT), (idle + patience) * 1000),
            ]
        #endif
        return EventLoopFuture.andAllSucceed(
            options.map { level, name, value in
                channel.setOption(
                    ChannelOptions.Types.SocketOption(level: level, name: name),
                    value: SocketOptionValue(value)
                ).recover { _ in }
            },
            on: channel.eventLoop
        )
    }
}
