"""What is kept between scans."""
