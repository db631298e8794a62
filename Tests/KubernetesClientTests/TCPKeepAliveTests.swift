import NIOCore
import NIOPosix
import Testing

@testable import KubernetesClient

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

#if os(Linux)
    @Suite struct TCPKeepAliveTests {
        @Test("T1: without pings, the kernel asks after as much silence, and gives up as late, as a heartbeat does")
        func options() async throws {
            let group = MultiThreadedEventLoopGroup.singleton
            let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
            let address = try #require(server.localAddress)
            let channel = try await ClientBootstrap(group: group).connect(to: address).get()
            try await TCPKeepAlive.install(on: channel).get()
            func option(_ name: CInt, _ level: NIOBSDSocket.OptionLevel = .tcp) async throws -> Int {
                let name = NIOBSDSocket.Option(rawValue: name)
                let option = ChannelOptions.Types.SocketOption(level: level, name: name)
                return Int(try await channel.getOption(option).get())
            }
            #expect(try await option(SO_KEEPALIVE, .socket) == 1)
            let idle = try await option(TCP_KEEPIDLE)
            let rest = try await option(TCP_KEEPINTVL) * option(TCP_KEEPCNT)
            #expect(idle == 15 && rest == 10)
            #expect(try await option(TCP_USER_TIMEOUT) == (idle + rest) * 1000)
            try await channel.close()
            try await server.close()
        }
    }
#endif
