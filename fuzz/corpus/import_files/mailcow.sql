-- MariaDB dump 10.19  Distrib 10.5.26-MariaDB, for debian-linux-gnu (x86_64)
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `tfa`;
CREATE TABLE `tfa` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `key_id` varchar(255) NOT NULL,
  `username` varchar(255) NOT NULL,
  `authmech` enum('yubi_otp','u2f','hotp','totp','webauthn') DEFAULT NULL,
  `secret` varchar(255) DEFAULT NULL,
  `keyHandle` varchar(1023) DEFAULT NULL,
  `publicKey` varchar(4096) DEFAULT NULL,
  `counter` int(11) NOT NULL DEFAULT 0,
  `certificate` text DEFAULT NULL,
  `active` tinyint(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=4 DEFAULT CHARSET=utf8mb4 ROW_FORMAT=DYNAMIC;
LOCK TABLES `tfa` WRITE;
INSERT INTO `tfa` VALUES (1,'judy\'s phone','judy@example.org','totp','NJ2WI6KANVQWS3DDN53S2LJNFUWS2LJN',NULL,NULL,0,NULL,1),(2,'key','judy@example.org','webauthn',NULL,'abc','-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----',0,NULL,1),(3,'old','kim@example.org','totp','ABCDEFGHIJKLMNOP',NULL,NULL,0,NULL,1);
UNLOCK TABLES;
CREATE TABLE `app_passwd` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(255) NOT NULL,
  `mailbox` varchar(255) NOT NULL,
  `domain` varchar(255) NOT NULL,
  `password` varchar(255) NOT NULL,
  `created` datetime NOT NULL DEFAULT current_timestamp(),
  `modified` datetime DEFAULT NULL ON UPDATE current_timestamp(),
  `imap_access` tinyint(1) NOT NULL DEFAULT 1,
  `active` tinyint(1) NOT NULL DEFAULT 1,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB;
INSERT INTO `app_passwd` VALUES
(1,'Thunderbird','judy@example.org','example.org','{BLF-CRYPT}$2y$10$abcdefghijklmnopqrstuv','2026-01-01 00:00:00',NULL,1,1);
